// Everything that the library brings passes.
import { cpu } from '@pullback/backend-cpu';
import { wasm } from '@pullback/backend-wasm';
import * as core from '@pullback/core';
import { defineLayer, type Layer, matmul, norm, type Value } from '@pullback/core';
import * as layers from '@pullback/layers';
import * as losses from '@pullback/losses';
import * as optimizers from '@pullback/optimizers';
import {
  type Case,
  conformLayer,
  conformLoss,
  conformNode,
  conformOptimizer,
  type LossConformance,
  type Names,
  type NodeOptions,
  type OptimizerConformance,
  publishedUpdates as published,
  type Reference,
  type Spec,
} from '@pullback/testing';
import { boundNames, builtins, createContainer, createModel, type ModelSpec } from 'pullback';
import { describe, expect, test } from 'vitest';

const run = (cases: readonly Case[]) => {
  for (const c of cases) test(c.name, () => c.run());
};
const backends = [cpu(), wasm()];
const within = { backends, ulps: 2 };
const container = createContainer(builtins);
const examined = new Set<string>();
const names: Names = {
  createModel: (spec: ModelSpec) => {
    for (const each of [...spec.layers, spec.loss, spec.optimizer])
      examined.add(typeof each === 'string' ? each : each.type);
    return createModel(container, spec);
  },
};

describe('activations', () => {
  const activations: Record<string, [(x: Value) => Value, NodeOptions['properties'], Spec?]> = {
    identity: [layers.identity, { elementwise: true, monotone: true, parity: 'odd' }],
    sigmoid: [layers.sigmoid, { elementwise: true, monotone: true }],
    tanh: [layers.tanh, { elementwise: true, monotone: true, parity: 'odd' }],
    relu: [layers.relu, { elementwise: true, monotone: true }],
    leakyRelu: [
      (x) => layers.leakyRelu(x, { slope: 0.1 }),
      { elementwise: true, monotone: true },
      { type: 'leakyRelu', slope: 0.1 },
    ],
    elu: [(x) => layers.elu(x), { elementwise: true, monotone: true }],
    celu: [
      (x) => layers.celu(x, { alpha: 2 }),
      { elementwise: true, monotone: true },
      { type: 'celu', alpha: 2 },
    ],
    selu: [layers.selu, { elementwise: true, monotone: true }],
    gelu: [(x) => layers.gelu(x), { elementwise: true }],
    'gelu, tanh': [
      (x) => layers.gelu(x, { approximate: 'tanh' }),
      { elementwise: true },
      { type: 'gelu', approximate: 'tanh' },
    ],
    silu: [layers.silu, { elementwise: true }],
    mish: [layers.mish, { elementwise: true }],
    softplus: [layers.softplus, { elementwise: true, monotone: true }],
    softsign: [layers.softsign, { elementwise: true, monotone: true, parity: 'odd' }],
    hardSigmoid: [layers.hardSigmoid, { elementwise: true, monotone: true }],
    hardTanh: [layers.hardTanh, { elementwise: true, monotone: true, parity: 'odd' }],
    hardSwish: [layers.hardSwish, { elementwise: true }],
  };
  for (const [name, [f, properties = {}, spec = name]] of Object.entries(activations))
    run(conformNode((x) => f(x as Value), { name, properties, spec, names, ...within }));
});

describe('nodes', () => {
  const one = (name: string, f: (x: Value) => Value, options: NodeOptions = {}) =>
    run(conformNode((x) => f(x as Value), { name, ...within, ...options }));
  const rows = { properties: { rowsSumToOne: true }, empty: false } as const;
  one('softmax', (x) => core.softmax(x), rows);
  one('softmax along 0', (x) => core.softmax(x, { axis: 0 }), { empty: false });
  one('logSoftmax', (x) => core.logSoftmax(x), { empty: false });
  one('logSumExp', (x) => core.logSumExp(x), { empty: false });
  one('norm', (x) => norm(x, { axis: -1 }), { empty: false, tolerance: 1e-5 });
  one('mean', (x) => core.mean(x, { axis: 0 }), { empty: false });
  one('variance', (x) => core.variance(x, { axis: -1 }), { empty: false });
  one('max', (x) => core.max(x, { axis: -1 }), { empty: false });
  one('exp', core.exp);
  one('expm1', core.expm1);
  one('log', core.log, { domain: [0, Infinity] });
  one('log1p', core.log1p, { domain: [-1, Infinity] });
  one('sqrt', core.sqrt, { domain: [0, Infinity] });
  one('erf', core.erf, { properties: { parity: 'odd', monotone: true, elementwise: true } });
  one('sin', core.sin, { properties: { parity: 'odd', elementwise: true } });
  one('cos', core.cos, { properties: { parity: 'even', elementwise: true } });
  one('transpose', (x) => core.transpose(x));
  one('slice', (x) => core.slice(x, [0, 0], [], [2, 1]));
  one('pad', (x) => core.pad(x, { low: [1], between: [0, 1], value: 2 }));
  one('flip', (x) => core.flip(x));
  const two = (name: string, f: (a: Value, b: Value) => Value, options: NodeOptions) =>
    run(conformNode((a, b) => f(a as Value, b as Value), { name, ...within, ...options }));
  two('matmul', matmul, {
    shapes: (a, b, c) => [
      [a, b],
      [b, c],
    ],
  });
  two('batched matmul', matmul, {
    shapes: (a, b, c) => [
      [2, a, b],
      [2, b, c],
    ],
    runs: 6,
  });
  two('add, broadcast', core.add, { shapes: (a, b) => [[a, b], [b]] });
  two('mul, broadcast', core.mul, {
    shapes: (a, b) => [
      [a, 1],
      [a, b],
    ],
  });
  two('maximum', core.maximum, {
    shapes: (a, b) => [
      [a, b],
      [a, b],
    ],
  });
  two('distance', (a, b) => core.distance(a, b), {
    shapes: (a, b) => [
      [a, b],
      [a, b],
    ],
    empty: false,
    tolerance: 1e-5,
  });
});

describe('layers', () => {
  const both = { layouts: ['row', 'column'], names, ...within } as const;
  const rows = { names, ...within } as const;
  const matrices = { sample: (a: number, b: number) => [a, b] };
  const spec = (given: Spec): { spec: Spec } => ({ spec: given });
  const { dense } = layers;
  run(conformLayer(() => dense(3), { ...both, refuses: [[], [3]], ...spec({ type: 'dense', units: 3 }) }));
  run(
    conformLayer(() => dense(2, { activation: layers.tanh, bias: false }), {
      name: 'dense with tanh',
      ...both,
      ...spec({ type: 'dense', units: 2, activation: 'tanh', bias: false }),
    }),
  );
  run(
    conformLayer(() => layers.sequential(dense(4), layers.silu(), dense(2)), {
      ...both,
      ...spec({
        type: 'sequential',
        layers: [{ type: 'dense', units: 4 }, 'silu', { type: 'dense', units: 2 }],
      }),
    }),
  );
  run(
    conformLayer(() => layers.regularized(dense(2), layers.l1l2({ l1: 0, l2: 0.1 })), {
      name: 'regularized',
      ...both,
      ...spec({ type: 'regularized', layer: { type: 'dense', units: 2 }, l2: 0.1 }),
    }),
  );
  run(
    conformLayer(() => layers.constrained(dense(2), layers.nonNegative()), {
      name: 'constrained',
      ...both,
      ...spec({ type: 'constrained', layer: { type: 'dense', units: 2 }, constraint: 'nonNegative' }),
    }),
  );
  run(conformLayer(() => layers.softmax(), { ...both, spec: 'softmax' }));
  run(conformLayer(() => layers.logSoftmax(), { ...both, spec: 'logSoftmax' }));
  run(conformLayer(() => layers.prelu(), { ...both, spec: 'prelu' }));
  run(conformLayer(() => layers.flatten(), { ...matrices, ...both, spec: 'flatten' }));
  run(
    conformLayer(() => layers.reshape([-1]), {
      ...matrices,
      ...both,
      ...spec({ type: 'reshape', shape: [-1] }),
    }),
  );
  run(
    conformLayer(() => layers.permute([1, 0]), {
      ...matrices,
      ...both,
      ...spec({ type: 'permute', axes: [1, 0] }),
    }),
  );
  run(conformLayer(() => layers.rescale(0.3), { ...rows, ...spec({ type: 'rescale', scale: 0.3 }) }));
  const random = { random: true, ...rows };
  run(conformLayer(() => layers.dropout(0.4), { ...random, ...spec({ type: 'dropout', rate: 0.4 }) }));
  run(
    conformLayer(() => layers.spatialDropout(0.4), {
      ...random,
      ...matrices,
      ...spec({ type: 'spatialDropout', rate: 0.4 }),
    }),
  );
  run(
    conformLayer(() => layers.alphaDropout(0.4), { ...random, ...spec({ type: 'alphaDropout', rate: 0.4 }) }),
  );
  run(
    conformLayer(() => layers.gaussianNoise(0.4), {
      ...random,
      ...spec({ type: 'gaussianNoise', deviation: 0.4 }),
    }),
  );
  const two = [
    { type: 'dense', units: 2 },
    { type: 'dense', units: 2 },
  ];
  run(
    conformLayer(() => layers.residual(layers.rescale(2), layers.tanh()), {
      ...both,
      ...spec({ type: 'residual', layers: [{ type: 'rescale', scale: 2 }, 'tanh'] }),
    }),
  );
  run(conformLayer(() => layers.add(dense(2), dense(2)), { ...both, ...spec({ type: 'add', layers: two }) }));
  run(
    conformLayer(() => layers.multiply(dense(2), dense(2)), {
      ...both,
      ...spec({ type: 'multiply', layers: two }),
    }),
  );
  run(
    conformLayer(() => layers.concatenate([dense(2), layers.tanh()]), {
      ...both,
      ...spec({ type: 'concatenate', layers: [{ type: 'dense', units: 2 }, 'tanh'] }),
    }),
  );
  run(
    conformLayer(() => layers.checkpoint(layers.sequential(dense(2), layers.tanh())), {
      name: 'checkpoint',
      ...both,
      runs: 4,
      ...spec({
        type: 'checkpoint',
        layer: { type: 'sequential', layers: [{ type: 'dense', units: 2 }, 'tanh'] },
      }),
    }),
  );
  run(
    conformLayer(() => layers.lora(dense(2), { rank: 1, alpha: 3, initializer: layers.filled(0.5) }), {
      name: 'lora',
      ...both,
      ...spec({
        type: 'lora',
        layer: { type: 'dense', units: 2 },
        rank: 1,
        alpha: 3,
        initializer: { type: 'constant', value: 0.5 },
      }),
    }),
  );
  run(
    conformLayer(() => layers.frozen(dense(2), { where: '**/bias' }), {
      name: 'frozen by path',
      ...both,
      ...spec({ type: 'frozen', layer: { type: 'dense', units: 2 }, where: '**/bias' }),
    }),
  );
  run(
    conformLayer(() => layers.frozen(dense(2)), {
      name: 'frozen',
      ...both,
      ...spec({ type: 'frozen', layer: { type: 'dense', units: 2 } }),
    }),
  );
});

describe('normalisations', () => {
  const images = { sample: (a: number) => [2, 2 * a] };
  const both = { layouts: ['row', 'column'], names, ...within, ulps: 8, runs: 3, tolerance: 1e-4 } as const;
  const batch = { mixesWhileTraining: true, ...both };
  run(conformLayer(() => layers.batchNorm(), { ...batch, refuses: [[3]], spec: 'batchNorm' }));
  run(
    conformLayer(() => layers.batchNorm({ momentum: 0.5, epsilon: 0.1, scale: false }), {
      name: 'batchNorm of images',
      ...batch,
      ...images,
      refuses: [[1, 1, 2]],
      spec: { type: 'batchNorm', momentum: 0.5, epsilon: 0.1, scale: false },
    }),
  );
  run(conformLayer(() => layers.layerNorm(), { ...both, refuses: [[3]], spec: 'layerNorm' }));
  run(
    conformLayer(() => layers.rmsNorm({ epsilon: 0.1 }), {
      ...both,
      refuses: [[3]],
      spec: { type: 'rmsNorm', epsilon: 0.1 },
    }),
  );
  run(
    conformLayer(() => layers.groupNorm(2, { epsilon: 0.1 }), {
      ...both,
      ...images,
      refuses: [[2, 3]],
      spec: { type: 'groupNorm', groups: 2, epsilon: 0.1 },
    }),
  );
  run(
    conformLayer(() => layers.instanceNorm({ epsilon: 0.1 }), {
      ...both,
      sample: (a) => [2, a],
      refuses: [[2, 3]],
      spec: { type: 'instanceNorm', epsilon: 0.1 },
    }),
  );
});

describe('layers of images', () => {
  const near = {
    names,
    ...within,
    ulps: 8,
    runs: 1,
    refuses: [[3]],
    sample: (a: number) => [2, 2, a],
  } as const;
  const one = (type: string, make: () => Layer<readonly [Value]>, more: object, options: object = {}) =>
    run(conformLayer(make, { ...near, spec: { type, ...more }, ...options }));
  const { conv1d, conv2d, conv3d, convTranspose, depthwiseConv, separableConv } = layers;
  const both = { layouts: ['row', 'column'] };
  const line = { sample: (a: number) => [2, a] };
  one('conv1d', () => conv1d(2, 2), { filters: 2, kernel: 2 }, line);
  one('conv2d', () => conv2d(2, 2, { activation: layers.tanh }), {
    filters: 2,
    kernel: 2,
    activation: 'tanh',
  });
  one(
    'conv2d',
    () => conv2d(3, 2, { padding: 'same', bias: false }),
    { filters: 3, kernel: 2, padding: 'same', bias: false },
    { ...both, sample: (a: number) => [a, 2, 2] },
  );
  one(
    'conv3d',
    () => conv3d(1, [1, 2, 1]),
    { filters: 1, kernel: [1, 2, 1] },
    { sample: (a: number) => [1, 2, 1, a] },
  );
  one(
    'convTranspose',
    () => convTranspose(2, 2, { strides: 2 }),
    { filters: 2, kernel: 2, strides: 2 },
    { sample: (a: number) => [2, a] },
  );
  one('depthwiseConv', () => depthwiseConv(2, { multiplier: 2 }), { kernel: 2, multiplier: 2 }, line);
  one('separableConv', () => separableConv(2, 2), { filters: 2, kernel: 2 }, line);
  one('maxPool', () => layers.maxPool(2), { size: 2 });
  one('averagePool', () => layers.averagePool(2, { strides: 1, padding: 'same' }), {
    size: 2,
    strides: 1,
    padding: 'same',
  });
  one('globalMaxPool', () => layers.globalMaxPool(), {});
  one('globalAveragePool', () => layers.globalAveragePool(), {});
  one('adaptiveMaxPool', () => layers.adaptiveMaxPool(2), { size: 2 }, line);
  one('adaptiveAveragePool', () => layers.adaptiveAveragePool(2), { size: 2 }, line);
  one('upsampling', () => layers.upsampling(2), { factor: 2 }, line);
  one(
    'upsampling',
    () => layers.upsampling(3, { method: 'bilinear' }),
    { factor: 3, method: 'bilinear' },
    line,
  );
  one('zeroPadding', () => layers.zeroPadding(1), { places: 1 }, line);
  one(
    'cropping',
    () =>
      layers.cropping([
        [1, 0],
        [0, 1],
      ]),
    {
      places: [
        [1, 0],
        [0, 1],
      ],
    },
  );
  one('channelsLast', () => layers.channelsLast(), {});
  const random = { random: true, differsWhileTraining: true, ...line };
  one('randomFlip', () => layers.randomFlip(), {}, random);
  one('randomShift', () => layers.randomShift(1), { places: 1 }, random);
  one('randomCrop', () => layers.randomCrop(1), { size: 1 }, random);
  one('cutout', () => layers.cutout(1), { size: 1 }, random);
  one('mixup', () => layers.mixup(), {}, { ...random, mixesWhileTraining: true, refuses: [] });
});

describe('layers of sequences', () => {
  // A batch of two sequences of two places, once: gradients of all with respect to all are many.
  const small = { example: { sizes: [2, 3, 2], seed: 3 }, ...within, ulps: 32, leftOver: 2e-6 } as const;
  const rows = { sample: (_: number, b: number) => [b + 1, 4], names, ...small };
  const spec = (type: string, given: object = {}): { name: string; spec: Spec } => ({
    name: type,
    spec: { type, ...given },
  });
  run(
    conformLayer(() => layers.embedding(5, 3, { paddingIndex: 1 }), {
      ...rows,
      ...spec('embedding', { vocabulary: 5, width: 3, paddingIndex: 1 }),
      domain: [0, 5],
      whole: true,
    }),
  );
  run(
    conformLayer(() => layers.learnedPositions(20), {
      ...rows,
      ...spec('learnedPositions', { length: 20 }),
      causal: true,
      refuses: [[3], [2, 3], [1, 21, 2]],
    }),
  );
  run(
    conformLayer(() => layers.sinusoidalPositions(20), {
      ...rows,
      ...spec('sinusoidalPositions', { length: 20 }),
      causal: true,
      refuses: [[1, 21, 2]],
    }),
  );
  const attention = { causal: true, keyValueHeads: 1, bias: false };
  run(
    conformLayer(() => layers.multiHeadAttention(2, attention), {
      ...rows,
      ...spec('multiHeadAttention', { heads: 2, ...attention }),
      causal: true,
      refuses: [
        [3, 4],
        [1, 3, 5],
      ],
    }),
  );
  run(
    conformLayer(() => layers.multiHeadAttention(2, { rotary: { length: 20 } }), {
      ...rows,
      ...spec('multiHeadAttention', { heads: 2, rotary: { length: 20 } }),
      name: 'multiHeadAttention, rotary',
    }),
  );
  run(
    conformLayer(() => layers.multiHeadAttention(2), {
      ...small,
      name: 'multiHeadAttention, of another sequence',
      inputs: (_, b) => [
        [b, 4],
        [b + 1, 2],
      ],
    }),
  );
  run(
    conformLayer(() => layers.feedForward(5, { gated: true }), {
      ...rows,
      ...spec('feedForward', { units: 5, gated: true }),
      causal: true,
    }),
  );
  const recurrent = { ...rows, tolerance: 2e-5, causal: true, refuses: [[3], [2, 3]] } as const;
  run(
    conformLayer(() => layers.simpleRnn(3, { activation: core.sigmoid, bias: false }), {
      ...recurrent,
      ...spec('simpleRnn', { units: 3, activation: 'sigmoid', bias: false }),
    }),
  );
  run(
    conformLayer(() => layers.lstm(3, { forgetBias: 0.5, checkpoint: 1 }), {
      ...recurrent,
      ...spec('lstm', { units: 3, forgetBias: 0.5, checkpoint: 1 }),
    }),
  );
  run(conformLayer(() => layers.gru(3), { ...recurrent, ...spec('gru', { units: 3 }) }));
  run(
    conformLayer(() => layers.lstm(2, { returns: 'last', reverse: true }), {
      ...rows,
      ...spec('lstm', { units: 2, returns: 'last', reverse: true }),
      name: 'lstm, of the first place',
    }),
  );
  run(
    conformLayer(() => layers.bidirectional(layers.gru(2), layers.simpleRnn(2), { merge: 'sum' }), {
      ...rows,
      ...spec('bidirectional', {
        fromStart: { type: 'gru', units: 2 },
        fromEnd: { type: 'simpleRnn', units: 2 },
        merge: 'sum',
      }),
    }),
  );
  run(
    conformLayer(() => layers.transformerBlock(2, { units: 3, causal: true, placement: 'post' }), {
      ...rows,
      tolerance: 2e-5,
      ...spec('transformerBlock', { heads: 2, units: 3, causal: true, placement: 'post' }),
      causal: true,
    }),
  );
  const model = { vocabulary: 5, context: 8, width: 4, heads: 2, layers: 1, units: 3 };
  run(
    conformLayer(() => layers.languageModel(model), {
      ...rows,
      sample: (_, b) => [b + 1],
      // What is normalized last is near 0 at first.
      ulps: 64,
      tolerance: 2e-5,
      ...spec('languageModel', model),
      causal: true,
      domain: [0, 5],
      whole: true,
      refuses: [[1, 9], [3]],
    }),
  );
});

describe('layers of several inputs', () => {
  const encoder = () => layers.dense(2, { activation: layers.tanh });
  const options = { layouts: ['row', 'column'], ...within, ulps: 4 } as const;
  run(
    conformLayer(
      () => {
        const shared = encoder();
        return defineLayer('twins', (scope, a: Value, b: Value) =>
          core.mul(scope.apply(shared, a), scope.apply(shared, b)),
        ) as Layer<readonly Value[]>;
      },
      { inputs: (a) => [[a], [a]], ...options },
    ),
  );
  run(
    conformLayer(
      () => {
        const [first, second] = [encoder(), layers.dense(3)];
        return defineLayer('two heads', (scope, a: Value, b: Value) => {
          const h = core.add(scope.apply(first, a), scope.apply(first, b));
          return { near: h, far: scope.apply(second, h) };
        }) as Layer<readonly Value[], Readonly<Record<string, Value>>>;
      },
      { inputs: (a) => [[a], [a]], ...options, runs: 4 },
    ),
  );
});

describe('losses', () => {
  const open = [0, 1] as const;
  const mean = { reductions: ['mean'] } as const;
  const signs = { targets: [-1, 1] } as const;
  type Make = Parameters<typeof conformLoss>[0];
  const named = (name: string, make: Make, options: LossConformance = {}) =>
    run(
      conformLoss(make, {
        spec: ({ reduction }) => (options.reductions ? name : { type: name, reduction }),
        names,
        ...within,
        ...options,
      }),
    );
  named('halfSquaredError', (o) => losses.halfSquaredError(o));
  named('meanSquaredError', () => losses.meanSquaredError(), mean);
  named('meanAbsoluteError', () => losses.meanAbsoluteError(), mean);
  named('huber', (o) => losses.huber(o));
  named('logCosh', (o) => losses.logCosh(o));
  named('binaryCrossEntropy', (o) => losses.binaryCrossEntropy(o), { predictions: open });
  named('sigmoidBinaryCrossEntropy', (o) => losses.sigmoidBinaryCrossEntropy(o));
  named('categoricalCrossEntropy', (o) => losses.categoricalCrossEntropy(o), { predictions: open });
  named('softmaxCrossEntropy', (o) => losses.softmaxCrossEntropy(o));
  named('sequenceCrossEntropy', (o) => losses.sequenceCrossEntropy(o));
  named('sigmoidFocal', (o) => losses.sigmoidFocal(o));
  named('softmaxFocal', (o) => losses.softmaxFocal(o), { tolerance: 1e-5 });
  named('hinge', (o) => losses.hinge(o), signs);
  named('squaredHinge', (o) => losses.squaredHinge(o), signs);
  named('categoricalHinge', (o) => losses.categoricalHinge(o), { targets: open });
  named('kullbackLeibler', (o) => losses.kullbackLeibler(o), { predictions: open });
  named('cosineDistance', (o) => losses.cosineDistance(o));
  named('poisson', (o) => losses.poisson(o), { predictions: [0.1, 5] });
});

describe('optimizers', () => {
  type Make = Parameters<typeof conformOptimizer>[0];
  const named = (
    type: string,
    make: (options: { learningRate: number }) => ReturnType<Make>,
    reference: Reference,
    extra: object = {},
    coupled = false,
  ) =>
    run(
      conformOptimizer((options) => make({ ...options, ...extra }), {
        name: [type, ...Object.entries(extra).map(([key, value]) => `${key} ${value}`)].join(', '),
        reference,
        coupled,
        spec: (options) => ({ type, ...options, ...extra }),
        names,
        ...within,
      }),
    );
  const o = optimizers;
  named('sgd', o.sgd, published.sgd());
  named('momentum', o.momentum, published.momentum());
  named('momentum', o.momentum, published.momentum({ alpha: 0.5 }), { momentum: 0.5 });
  named('momentum', o.momentum, published.nesterov(), { nesterov: true });
  named('adagrad', o.adagrad, published.adagrad());
  named('adadelta', o.adadelta, published.adadelta());
  named('rmsprop', o.rmsprop, published.rmsprop());
  named('rmsprop', o.rmsprop, published.centeredRmsprop({ alpha: 0.3 }), { centered: true, momentum: 0.3 });
  named('adam', o.adam, published.adam());
  named('adam', o.adam, published.adam({ beta1: 0.8, beta2: 0.99 }), { beta1: 0.8, beta2: 0.99 });
  named('amsgrad', o.amsgrad, published.amsgrad());
  named('adamax', o.adamax, published.adamax());
  named('nadam', o.nadam, published.nadam());
  named('adamw', o.adamw, published.adamw());
  named('adamw', o.adamw, published.adamw({ weightDecay: 0.1 }), { weightDecay: 0.1 });
  named('lion', o.lion, published.lion());
  named('lion', o.lion, published.lion({ weightDecay: 0.2 }), { weightDecay: 0.2 });
  named('lamb', o.lamb, published.lamb(), {}, true);
  named('lamb', o.lamb, published.lamb({ weightDecay: 0.1 }), { weightDecay: 0.1 }, true);
});

describe('an optimizer of matrices', () => {
  run(
    conformOptimizer(optimizers.muon, {
      name: 'muon',
      byShape: true,
      spec: (options) => ({ type: 'muon', ...options }),
      names,
      ...within,
      ulps: 64,
    }),
  );
});

describe('optimizers around optimizers', () => {
  const o = optimizers;
  const inner = { type: 'sgd', learningRate: 0.1 };
  const around = (
    type: string,
    extra: object,
    wrap: (inner: ReturnType<typeof o.sgd>) => ReturnType<typeof o.sgd>,
    options: OptimizerConformance,
  ) =>
    run(
      conformOptimizer((given) => wrap(o.sgd(given)), {
        spec: () => ({ type, optimizer: inner, ...extra }),
        names,
        ...within,
        ...options,
      }),
    );
  const clipped: Reference = ({ weight, gradient, learningRate }) => ({
    weight: weight - learningRate * Math.max(-0.5, Math.min(0.5, gradient)),
    slots: {},
  });
  around('clipByValue', { limit: 0.5 }, (own) => o.clipByValue(own, 0.5), { reference: clipped });
  // Of one number the length is its size.
  around('clipByNorm', { limit: 0.5 }, (own) => o.clipByNorm(own, 0.5), {
    reference: clipped,
    coupled: true,
  });
  around('clipByGlobalNorm', { limit: 0.5 }, (own) => o.clipByGlobalNorm(own, 0.5), { global: true });
  around('weightDecay', { rate: 0.2 }, (own) => o.weightDecay(own, { rate: 0.2 }), {
    reference: ({ weight, gradient, learningRate }) => ({
      weight: weight - learningRate * (gradient + 0.2 * weight),
      slots: {},
    }),
  });
  around('learningRates', { factors: { '**': 0.5 } }, (own) => o.learningRates(own, { '**': 0.5 }), {
    reference: ({ weight, gradient, learningRate }) => ({
      weight: weight - 0.5 * learningRate * gradient,
      slots: {},
    }),
  });
  around('averaged', { decay: 0.9 }, (own) => o.averaged(own, { decay: 0.9 }), {
    reference: published.sgd(),
  });
  around('accumulated', { steps: 2 }, (own) => o.accumulated(own, { steps: 2 }), {
    reference: ({ weight, gradient, learningRate, slots: { held = 0 }, step }) =>
      step % 2 === 1
        ? { weight, slots: { held: gradient } }
        : { weight: weight - (learningRate * (held + gradient)) / 2, slots: { held: 0 } },
  });
});

test('every layer, activation, loss and optimizer that has a name was among them', () => {
  const bound = (['layer', 'activation', 'loss', 'optimizer'] as const).flatMap((kind) =>
    boundNames(container, kind),
  );
  expect(bound.filter((name) => !examined.has(name))).toEqual([]);
});
