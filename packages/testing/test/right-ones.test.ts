// Everything that the library brings passes.
import { cpu } from '@pullback/backend-cpu';
import * as core from '@pullback/core';
import { matmul, norm, type Value } from '@pullback/core';
import * as layers from '@pullback/layers';
import * as losses from '@pullback/losses';
import * as optimizers from '@pullback/optimizers';
import {
  type Case,
  conformLayer,
  conformLoss,
  conformNode,
  conformOptimizer,
  type NodeOptions,
  type Reference,
} from '@pullback/testing';
import { describe, test } from 'vitest';

const run = (cases: readonly Case[]) => {
  for (const c of cases) test(c.name, () => c.run());
};
const backends = [cpu()];

describe('activations', () => {
  const activations: Record<string, [(x: Value) => Value, NodeOptions['properties']]> = {
    identity: [layers.identity, { elementwise: true, monotone: true, parity: 'odd' }],
    sigmoid: [layers.sigmoid, { elementwise: true, monotone: true }],
    tanh: [layers.tanh, { elementwise: true, monotone: true, parity: 'odd' }],
    relu: [layers.relu, { elementwise: true, monotone: true }],
    leakyRelu: [(x) => layers.leakyRelu(x, { slope: 0.1 }), { elementwise: true, monotone: true }],
    elu: [(x) => layers.elu(x), { elementwise: true, monotone: true }],
    celu: [(x) => layers.celu(x, { alpha: 2 }), { elementwise: true, monotone: true }],
    selu: [layers.selu, { elementwise: true, monotone: true }],
    gelu: [(x) => layers.gelu(x), { elementwise: true }],
    'gelu, tanh': [(x) => layers.gelu(x, { approximate: 'tanh' }), { elementwise: true }],
    silu: [layers.silu, { elementwise: true }],
    mish: [layers.mish, { elementwise: true }],
    softplus: [layers.softplus, { elementwise: true, monotone: true }],
    softsign: [layers.softsign, { elementwise: true, monotone: true, parity: 'odd' }],
    hardSigmoid: [layers.hardSigmoid, { elementwise: true, monotone: true }],
    hardTanh: [layers.hardTanh, { elementwise: true, monotone: true, parity: 'odd' }],
    hardSwish: [layers.hardSwish, { elementwise: true }],
  };
  for (const [name, [f, properties = {}]] of Object.entries(activations))
    run(conformNode((x) => f(x as Value), { name, properties, backends }));
});

describe('nodes', () => {
  const one = (name: string, f: (x: Value) => Value, options: NodeOptions = {}) =>
    run(conformNode((x) => f(x as Value), { name, backends, ...options }));
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
    run(conformNode((a, b) => f(a as Value, b as Value), { name, backends, ...options }));
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
  const both = ['row', 'column'] as const;
  run(conformLayer(() => layers.dense(3), { layouts: both, refuses: [[], [3]] }));
  run(
    conformLayer(() => layers.dense(2, { activation: layers.tanh, bias: false }), {
      name: 'dense with tanh',
      layouts: both,
    }),
  );
  run(
    conformLayer(() => layers.sequential(layers.dense(4), layers.silu(), layers.dense(2)), { layouts: both }),
  );
  run(conformLayer(() => layers.softmax(), { layouts: both }));
  run(conformLayer(() => layers.logSoftmax(), { layouts: both }));
  run(conformLayer(() => layers.prelu(), { layouts: both }));
  run(conformLayer(() => layers.flatten(), { sample: (a, b) => [a, b], layouts: both }));
  run(conformLayer(() => layers.reshape([-1]), { sample: (a, b) => [a, b], layouts: both }));
  run(conformLayer(() => layers.permute([1, 0]), { sample: (a, b) => [a, b], layouts: both }));
  run(conformLayer(() => layers.rescale(0.3)));
  run(conformLayer(() => layers.dropout(0.4), { random: true }));
  run(conformLayer(() => layers.spatialDropout(0.4), { random: true, sample: (a, b) => [a, b] }));
  run(conformLayer(() => layers.alphaDropout(0.4), { random: true }));
  run(conformLayer(() => layers.gaussianNoise(0.4), { random: true }));
  run(conformLayer(() => layers.residual(layers.rescale(2), layers.tanh()), { layouts: both }));
  run(conformLayer(() => layers.add(layers.dense(2), layers.dense(2)), { layouts: both }));
  run(conformLayer(() => layers.multiply(layers.dense(2), layers.dense(2)), { layouts: both }));
  run(conformLayer(() => layers.concatenate([layers.dense(2), layers.tanh()]), { layouts: both }));
  run(conformLayer(() => layers.frozen(layers.dense(2)), { name: 'frozen', layouts: both }));
});

describe('losses', () => {
  const open = [0, 1] as const;
  const mean = { reductions: ['mean'] } as const;
  const signs = { targets: [-1, 1] } as const;
  run(conformLoss((o) => losses.halfSquaredError(o)));
  run(conformLoss(() => losses.meanSquaredError(), mean));
  run(conformLoss(() => losses.meanAbsoluteError(), mean));
  run(conformLoss((o) => losses.huber(o)));
  run(conformLoss((o) => losses.logCosh(o)));
  run(conformLoss((o) => losses.binaryCrossEntropy(o), { predictions: open }));
  run(conformLoss((o) => losses.sigmoidBinaryCrossEntropy(o)));
  run(conformLoss((o) => losses.categoricalCrossEntropy(o), { predictions: open }));
  run(conformLoss((o) => losses.softmaxCrossEntropy(o)));
  run(conformLoss((o) => losses.sigmoidFocal(o)));
  run(conformLoss((o) => losses.softmaxFocal(o), { tolerance: 1e-5 }));
  run(conformLoss((o) => losses.hinge(o), signs));
  run(conformLoss((o) => losses.squaredHinge(o), signs));
  run(conformLoss((o) => losses.kullbackLeibler(o), { predictions: open }));
  run(conformLoss((o) => losses.cosineDistance(o)));
  run(conformLoss((o) => losses.poisson(o), { predictions: [0.1, 5] }));
});

describe('optimizers', () => {
  const sgd: Reference = ({ weight, gradient, learningRate }) => ({
    weight: weight - learningRate * gradient,
    slots: {},
  });
  run(conformOptimizer(optimizers.sgd, { reference: sgd }));
  const { momentum, adagrad, adadelta, rmsprop, adam, amsgrad, adamax, nadam, adamw, lion } = optimizers;
  for (const make of [momentum, adagrad, adadelta, rmsprop, adam, amsgrad, adamax, nadam, adamw, lion])
    run(conformOptimizer((o) => make(o)));
  run(conformOptimizer((o) => optimizers.lamb(o), { coupled: true }));
});
