// Options that nothing takes are refused wherever there are options, in code and in specs; the nearest one is named.
import * as pullback from 'pullback';
import {
  accumulated,
  adam,
  averaged,
  batches,
  boundNames,
  builtins,
  clipByNorm,
  compile,
  concatenate,
  constrained,
  cosine,
  cpu,
  createContainer,
  createModel,
  defineActivationWith,
  defineLayer,
  defineOptimizer,
  dense,
  dropout,
  earlyStopping,
  eye,
  type Field,
  findLearningRate,
  flatten,
  frozen,
  gelu,
  halfSquaredError,
  heNormal,
  huber,
  l2,
  leakyRelu,
  Model,
  maxNorm,
  meanSquaredError,
  mul,
  native,
  normally,
  OptionError,
  parameterGroups,
  parts,
  permute,
  plugin,
  poisson,
  prelu,
  privateGradients,
  progressTo,
  reduceOnPlateau,
  regularized,
  relu,
  rescale,
  reshape,
  residual,
  resolverOf,
  rmsprop,
  sampledBatches,
  sequence,
  sequential,
  sgd,
  softmax,
  softmaxCrossEntropy,
  stepDecay,
  type Value,
  warmup,
  wasm,
  weightDecay,
} from 'pullback';
import { describe, expect, test } from 'vitest';

/** As plain JavaScript calls: without types. */
const js = <A extends readonly never[], R>(f: (...given: A) => R): ((...given: readonly unknown[]) => R) =>
  Object.assign((...given: readonly unknown[]) => Reflect.apply(f, undefined, given));

const x = [[1, 2]];
const y = [[1]];
const options = () => ({
  network: dense(1),
  input: [2],
  loss: halfSquaredError(),
  optimizer: sgd({ learningRate: 0.1 }),
  backend: cpu(),
});
const made = () => Model.create(options());
const quiet = { progress: false } as const;

describe('in code', () => {
  const learningRate = 0.1;
  const inner = sgd({ learningRate });
  const layer = dense(1);
  const wrong: Readonly<Record<string, () => unknown>> = {
    "got 'relu'\n  Names are for createModel. Here: import { relu } from 'pullback', and relu.": () =>
      js(dense)(1, { activation: 'relu' }),
    "import { tanh } from 'pullback', and tanh.": () => js(dense)(1, { activation: 'Tanh' }),
    'got an object with type, slope\n  Names are for createModel. Here: import { leakyRelu }': () =>
      js(dense)(1, { activation: { type: 'leaky_relu', slope: 0.1 } }),
    'An activation is given as it is, not called: relu.': () => js(dense)(1, { activation: relu() }),
    "import { heNormal } from 'pullback', and heNormal().": () =>
      js(dense)(1, { kernelInitializer: 'he_normal' }),
    "import { cosine } from 'pullback', and cosine({ ... }).": () =>
      js(adam)({ learningRate, schedule: 'cosine' }),
    "an object of options for dense, got 'relu'": () => js(dense)(3, 'relu'),
    'an object of options for dense, got a function': () => js(dense)(3, relu),
    'an object of options for dense, got null': () => js(dense)(3, null),
    'It stands before the options: dense(units, { ... }).': () => js(dense)({ units: 3, activation: relu }),
    'It stands before the options: dropout(rate, { ... }).': () => js(dropout)({ rate: 0.5 }),
    "dense has no option 'use_bias'. Did you mean 'bias'": () => js(dense)(3, { use_bias: false }),
    "dense has no option 'inputShape'. Model.create, as 'input', takes it.": () =>
      js(dense)(3, { inputShape: [2] }),
    "'layers[0]' of sequential, got an array of 2\n  sequential(a, b, c) makes one layer of several.": () =>
      js(sequential)([layer, relu()]),
    "'layers[1]' of sequential, got 'relu'\n  Names are for createModel. Here: import { relu }": () =>
      js(sequential)(layer, 'relu'),
    'for adam, got nothing\n  It needs learningRate, and takes beta1, beta2, epsilon, schedule.': () =>
      js(adam)(),
    'for adam, got 0.001\n  It needs learningRate': () => js(adam)(0.001),
    "adam has no option 'learning_rate'. Did you mean 'learningRate'": () => js(adam)({ learning_rate: 0.1 }),
    "dense has no option 'activaton'. Did you mean 'activation'": () => js(dense)(1, { activaton: relu }),
    "a whole number from 1 up as 'units' of dense, got an object with units": () => js(dense)({ units: 3 }),
    "'layout' of dense, got 'rows'": () => js(dense)(1, { layout: 'rows' }),
    "relu has no option 'nam'. Did you mean 'name'": () => js(relu)({ nam: 'a' }),
    'an object of options for relu, got 3': () => js(relu)(3),
    "leakyRelu has no option 'slop'": () => js(leakyRelu)({ slop: 0.1 }),
    "'approximate' of gelu, got 'exact'": () => js(gelu)({ approximate: 'exact' }),
    "softmax has no option 'axes'": () => js(softmax)({ axes: 0 }),
    "prelu has no option 'init'. Did you mean 'initializer'": () => js(prelu)({ init: eye() }),
    "'rate' of dropout, got 1.5": () => dropout(1.5),
    "dropout has no option 'nmae'": () => js(dropout)(0.5, { nmae: 'a' }),
    "flatten has no option 'axis'": () => js(flatten)({ axis: 1 }),
    "'scale' of rescale, got '1/255'": () => js(rescale)('1/255'),
    "a shape, such as [3, -1] as 'shape' of reshape, got 3": () => js(reshape)(3),
    "'axes[0]' of permute, got 0.5": () => permute([0.5, 1]),
    "a layer as 'layers[1]' of sequential, got a function\n  A factory is called: relu(...).": () =>
      js(sequential)(layer, relu),
    "'layers' of residual, got an array of 0": () => residual(),
    "concatenate has no option 'axs'": () => js(concatenate)([layer], { axs: 1 }),
    "a layer as 'layer' of frozen, got a function": () => js(frozen)(dense),
    "'regularizer' of regularized, got 0.1": () => js(regularized)(layer, 0.1),
    "'constraint.kernel' of constrained, got 3": () => js(constrained)(layer, { kernel: 3 }),
    "'factor' of l2, got NaN": () => l2(Number.NaN),
    "maxNorm has no option 'axes'": () => js(maxNorm)(1, { axes: 0 }),
    "mine has no option 'nam'": () => js(defineLayer)('mine', (_: unknown, z: Value) => z, { nam: 'a' }),
    "normally has no option 'stddev'": () => js(normally)({ stddev: 1 }),
    "eye has no option 'gian'": () => js(eye)({ gian: 1 }),
    "sgd has no option 'lr'. Did you mean 'learningRate'": () => js(sgd)({ lr: 0.1 }),
    'an object of options for sgd, got nothing': () => js(sgd)(),
    'an object of options for sgd, got 0.1': () => js(sgd)(0.1),
    "'learningRate' of adam, got '0.1'": () => js(adam)({ learningRate: '0.1' }),
    "adam has no option 'beta'": () => js(adam)({ learningRate, beta: 0.9 }),
    "'beta1' of adam, got 1": () => adam({ learningRate, beta1: 1 }),
    "'schedule' of adam, got an object with type": () =>
      js(adam)({ learningRate, schedule: { type: 'cosine' } }),
    "true or false as 'centered' of rmsprop, got 1": () => js(rmsprop)({ learningRate, centered: 1 }),
    "an optimizer as 'optimizer' of accumulated, got an object with steps": () =>
      js(accumulated)({ steps: 2 }),
    "'steps' of accumulated, got 0": () => accumulated(inner, { steps: 0 }),
    "accumulated has no option 'step'. Did you mean 'steps'": () => js(accumulated)(inner, { step: 2 }),
    "averaged has no option 'decy'": () => js(averaged)(inner, { decy: 0.9 }),
    "'rate' of weightDecay, got nothing": () => js(weightDecay)(inner, {}),
    "'limit' of clipByNorm, got an object with norm": () => js(clipByNorm)(inner, { norm: 1 }),
    'of parameterGroups, got nothing': () => js(parameterGroups)([{ optimizer: inner }], inner),
    "cosine has no option 'step'": () => js(cosine)({ step: 3 }),
    "'factor' of stepDecay, got nothing": () => js(stepDecay)({ every: 3 }),
    "a schedule as 'after' of warmup, got 'cosine'": () => js(warmup)({ steps: 3, after: 'cosine' }),
    "'steps' of a part of a sequence, got -1": () =>
      sequence([{ steps: -1, schedule: cosine({ steps: 1 }) }]),
    "mine has no option 'lrate'": () =>
      js(defineOptimizer('mine', { fields: {}, update: (weight, _, slots) => ({ weight, slots }) }))({
        learningRate,
        lrate: 1,
      }),
    "'alpha' of mine, got 'a'": () =>
      js(
        defineActivationWith(
          'mine',
          { alpha: 1 },
          ({ alpha }) =>
            (z) =>
              mul(z, alpha),
        ),
      )({ alpha: 'a' }),
    "huber has no option 'detla'": () => js(huber)({ detla: 1 }),
    "'delta' of huber, got 0": () => huber({ delta: 0 }),
    "'reduction' of halfSquaredError, got 'average'": () => js(halfSquaredError)({ reduction: 'average' }),
    "meanSquaredError has no option 'reduction'.\n  It takes none.": () =>
      js(meanSquaredError)({ reduction: 'sum' }),
    "softmaxCrossEntropy has no option 'classWeight'": () => js(softmaxCrossEntropy)({ classWeight: [1] }),
    "'labelSmoothing' of softmaxCrossEntropy, got -1": () => softmaxCrossEntropy({ labelSmoothing: -1 }),
    "'log' of poisson, got 'yes'": () => js(poisson)({ log: 'yes' }),
    "cpu has no option 'threads'": () => js(cpu)({ threads: 2 }),
    "wasm has no option 'thread'": () => js(wasm)({ thread: 2 }),
    "'threads' of wasm, got 1000000000": () => wasm({ threads: 1e9 }),
    "native has no option 'compilers'. Did you mean 'compiler'": () => js(native)({ compilers: 'cc' }),
    "'optimize' of native, got 4": () => native({ optimize: 4 }),
    "earlyStopping has no option 'patiance'": () => js(earlyStopping)({ patiance: 2 }),
    "'mode' of earlyStopping, got 'least'": () => js(earlyStopping)({ mode: 'least' }),
    "'factor' of reduceOnPlateau, got 2": () => reduceOnPlateau({ factor: 2 }),
    "privateGradients has no option 'clipNorm'. Did you mean 'clip'": () =>
      js(privateGradients)({ clipNorm: 1, noise: 1 }),
    "sampledBatches has no option 'rates'. Did you mean 'rate'": () =>
      js(sampledBatches)({ x, y }, { rates: 0.5 }),
    "batches has no option 'batchSize'. Did you mean 'size'": () => [
      ...js(batches)({ x, y }, { batchSize: 1 }),
    ],
  };
  test.each(Object.entries(wrong))('%s', (message, make) => {
    expect(make).toThrow(OptionError);
    expect(make).toThrow(message);
  });

  const later: Readonly<Record<string, (model: Model) => unknown>> = {
    "Model.create has no option 'layuot'. Did you mean 'layout'": () =>
      js(Model.create)({ ...options(), layuot: 'row' }),
    "'layout' of Model.create, got 'diagonal'": () => js(Model.create)({ ...options(), layout: 'diagonal' }),
    "'reducer' of Model.create, got an object with no properties": () =>
      js(Model.create)({ ...options(), reducer: {} }),
    "an object with gradients, as privateGradients makes it as 'sampleGradients' of Model.create, got a function":
      () => js(Model.create)({ ...options(), sampleGradients: privateGradients }),
    "'checkFinite' of Model.create, got 'no'": () => js(Model.create)({ ...options(), checkFinite: 'no' }),
    "'seed' of Model.create, got 1.5": () => js(Model.create)({ ...options(), seed: 1.5 }),
    "a layer as 'network' of Model.create, got a function\n  A factory is called: relu(...).": () =>
      js(Model.create)({ ...options(), network: relu }),
    "'loss' of Model.create, got a function\n  A factory is called: halfSquaredError(...).": () =>
      js(Model.create)({ ...options(), loss: halfSquaredError }),
    "'optimizer' of Model.create, got 'sgd'": () => js(Model.create)({ ...options(), optimizer: 'sgd' }),
    "'input' of Model.create, got nothing": () => js(Model.create)({ ...options(), input: undefined }),
    "'input[0]' of Model.create, got -1": () => Model.create({ ...options(), input: [-1] }),
    "'backend' of Model.create, got an object with type": () =>
      js(Model.create)({ ...options(), backend: { type: 'wasm' } }),
    'an object of options for Model.create, got nothing': () => js(Model.create)(),
    "a loss for each name as 'loss' of Model.create, got nothing\n  Here: import { softmaxCrossEntropy } from 'pullback', and softmaxCrossEntropy().":
      () => js(Model.create)({ ...options(), loss: undefined }),
    "got 'mse'\n  Names are for createModel. Here: import { meanSquaredError } from 'pullback', and meanSquaredError().":
      () => js(Model.create)({ ...options(), loss: 'mse' }),
    "import { categoricalCrossEntropy } from 'pullback'": () =>
      js(Model.create)({ ...options(), loss: 'categorical_crossentropy' }),
    "import { adam } from 'pullback', and adam({ learningRate: 0.001 }).": () =>
      js(Model.create)({ ...options(), optimizer: 'Adam' }),
    "'optimizer' of Model.create, got nothing\n  Here: import { adam }": () =>
      js(Model.create)({ ...options(), optimizer: undefined }),
    "'network' of Model.create, got an array of 2\n  sequential(a, b, c) makes one layer of several.": () =>
      js(Model.create)({ ...options(), network: [dense(1), relu()] }),
    "'input' of Model.create, got 2\n  Also one alone stands in an array.": () =>
      js(Model.create)({ ...options(), input: 2 }),
    "got a function from an initializer\n  at 'network/kernel'\n  A factory of initializers is called: heNormal().":
      () => js(Model.create)({ ...options(), network: js(dense)(1, { kernelInitializer: heNormal }) }),
    "Model.create has no option 'layers'. Did you mean 'network'": () =>
      js(Model.create)({ ...options(), layers: [dense(1)] }),
    "Model.create has no option 'input_shape'. Did you mean 'input'": () =>
      js(Model.create)({ ...options(), input_shape: [2] }),
    "Model.create has no option 'metrics'. fit, as evaluate, takes it.": () =>
      js(Model.create)({ ...options(), metrics: ['accuracy'] }),
    "Model.create has no option 'lr'. An optimizer takes it.": () =>
      js(Model.create)({ ...options(), lr: 0.1 }),
    "fit has no option 'batch_size'. Did you mean 'batchSize'": (model) =>
      js(model.fit.bind(model))(x, y, { batch_size: 1 }),
    "fit has no option 'verbose'. Did you mean 'progress'": (model) =>
      js(model.fit.bind(model))(x, y, { verbose: 0 }),
    "'metrics' of fit, got 'accuracy'\n  Also one alone stands in an array.": (model) =>
      js(model.fit.bind(model))(x, y, { metrics: 'accuracy' }),
    'expected fit(x, y, options), got the options epochs in the place of the targets': (model) =>
      js(model.fit.bind(model))(x, { epochs: 3 }),
    'expected evaluate(x, y, options), got the options metrics in': (model) =>
      js(model.evaluate.bind(model))(x, { metrics: ['accuracy'] }),
    "predict has no option 'batch_size'. Did you mean 'batchSize'": (model) =>
      js(model.predict.bind(model))(x, { batch_size: 1 }),
    'weights by path, as weights() gives them, got nothing': (model) => js(model.load.bind(model))(),
    "'backend' of to, got nothing": (model) => js(model.to.bind(model))(),
    "fit has no option 'epoch'. Did you mean 'epochs'": (model) =>
      js(model.fit.bind(model))(x, y, { ...quiet, epoch: 3 }),
    "fit has no option 'batchsize'. Did you mean 'batchSize'": (model) =>
      js(model.fit.bind(model))(x, y, { batchsize: 0 }),
    "'epochs' of fit, got 1.5": (model) => model.fit(x, y, { epochs: 1.5 }),
    "'batchSize' of fit, got NaN": (model) => model.fit(x, y, { batchSize: Number.NaN }),
    "'validationSplit' of fit, got 1": (model) => model.fit(x, y, { validationSplit: 1 }),
    "'validationData' of fit, got an object with x": (model) =>
      js(model.fit.bind(model))(x, y, { validationData: { x } }),
    "'classWeights' of fit, got an object with 0, 1": (model) =>
      js(model.fit.bind(model))(x, y, { classWeights: { 0: 1, 1: 5 } }),
    "'shuffle' of fit, got 'batch'": (model) => js(model.fit.bind(model))(x, y, { shuffle: 'batch' }),
    "'metrics' of fit, got 'accuracy'": (model) => js(model.fit.bind(model))(x, y, { metrics: 'accuracy' }),
    "'callbacks' of fit, got an object with step": (model) =>
      js(model.fit.bind(model))(x, y, { callbacks: { step() {} } }),
    "Did you mean 'epochEnd' by 'onEpochEnd'": (model) =>
      js(model.fit.bind(model))(x, y, { callbacks: [{ onEpochEnd() {} }] }),
    "'callbacks[0]' of fit, got a function": (model) =>
      js(model.fit.bind(model))(x, y, { callbacks: [earlyStopping] }),
    "'callbacks[0].step' of fit, got 3": (model) =>
      js(model.fit.bind(model))(x, y, { callbacks: [{ step: 3 }] }),
    "'signal' of fit, got an object with signal": (model) =>
      js(model.fit.bind(model))(x, y, { signal: { signal: 1 } }),
    "'progress' of fit, got true": (model) => js(model.fit.bind(model))(x, y, { progress: true }),
    "'residentBytes' of fit, got -1": (model) => model.fit(x, y, { residentBytes: -1 }),
    'an object of options for fit, got 5': (model) => js(model.fit.bind(model))(x, y, 5),
    'validationSplit beside a stream': (model) =>
      model.fit([{ x, y }][Symbol.iterator]() as Iterable<{ x: number[][]; y: number[][] }>, {
        validationSplit: 0.5,
      }),
    "evaluate has no option 'epochs'": (model) => js(model.evaluate.bind(model))(x, y, { epochs: 2 }),
    "'batchSize' of evaluate, got 0": (model) => model.evaluate(x, y, { batchSize: 0 }),
    "load has no option 'prefx'": (model) => js(model.load.bind(model))({}, { prefx: 'a' }),
    "to has no option 'dype'": (model) => js(model.to.bind(model))(cpu(), { dype: 'float64' }),
    "'dtype' of to, got 'float16'": (model) => js(model.to.bind(model))(cpu(), { dtype: 'float16' }),
    "inspect has no option 'y'": (model) => js(model.inspect.bind(model))({ x, y }),
    "'language' of export, got 'rust'": (model) => js(model.export.bind(model))({ x }, { language: 'rust' }),
    "export has no option 'target'": (model) => js(model.export.bind(model))({ x, target: y }),
    "findNonFinite has no option 'target'": (model) => js(model.findNonFinite.bind(model))({ x, target: y }),
    "findLearningRate has no option 'size'": (model) => js(findLearningRate)(model, { x, y }, { size: 1 }),
    'rates from 1 to 0.5': (model) => findLearningRate(model, { x, y }, { from: 1, to: 0.5 }),
    "compile has no option 'input'. Did you mean 'inputs'": () =>
      js(compile)((z: Value) => z, { input: [[1]] }),
    "'inputs' of compile, got nothing": () => js(compile)((z: Value) => z, {}),
  };
  test.each(Object.entries(later))('%s', async (message, call) => {
    const model = await made();
    const before = await model.weights();
    await expect(async () => call(model)).rejects.toThrow(message);
    await expect(async () => call(model)).rejects.toThrow(OptionError);
    expect([model.stepCount, await model.weights()]).toEqual([0, before]);
  });

  test.each([
    ['acc', 'accuracy'],
    ['mse', 'meanSquaredError'],
    ['mape', 'meanAbsolutePercentageError'],
    ['top_k', 'topK'],
  ])('the metric %s: did you mean %s', async (name, near) => {
    const model = await made();
    await expect(js(model.fit.bind(model))(x, y, { metrics: [name] })).rejects.toThrow(
      `no metric is called '${name}'. Did you mean '${near}'?`,
    );
  });

  test('what hints tell to import is exported', () => {
    const kinds = ['layer', 'activation', 'loss', 'optimizer', 'schedule', 'initializer'] as const;
    for (const kind of kinds)
      for (const name of ['zzz', ...boundNames(createContainer(builtins), kind)]) {
        const hint = parts[kind].refuse(name)?.hint;
        const told = /import \{ (\w+) \} from 'pullback', and \1/.exec(hint ?? '')?.[1];
        expect(pullback).toHaveProperty(told ?? `a name by ${kind}`);
      }
  });

  test('step refuses at once', async () => {
    const model = await made();
    const step = js(model.step.bind(model));
    expect(() => step({ x, y }, { time: 2 })).toThrow("step has no option 'time'. Did you mean 'times'");
    expect(() => step({ x, y }, { times: 0 })).toThrow("'times' of step, got 0");
    expect(() => step({ x, y, sampleWeight: [1] })).toThrow(
      "a batch has no option 'sampleWeight'. Did you mean 'sampleWeights'",
    );
    expect(() => step(x, y)).toThrow('for a batch, got an array of 1\n  It needs x, y, and takes');
    expect(() => step({ x, target: y })).toThrow("a batch has no option 'target'");
    await expect(js(model.explain.bind(model))({ x, target: y })).rejects.toThrow(
      "explain has no option 'target'",
    );
    expect(model.stepCount).toBe(0);
  });

  test('what looks like a callback is one', async () => {
    const model = await made();
    class Counting {
      steps = 0;
      step() {
        this.steps++;
      }
      helper() {}
    }
    const own = new Counting();
    await model.fit(x, y, {
      callbacks: [own, { epochEnd() {} }, earlyStopping({ monitor: 'loss' })],
      ...quiet,
    });
    expect(own.steps).toBe(1);
    const lines: string[] = [];
    await model.fit(x, y, { progress: progressTo({ write: (line) => lines.push(line) }) });
    expect(lines).toHaveLength(1);
  });
});

describe('in specs', () => {
  const container = createContainer(builtins);
  const resolve = resolverOf(container, 'here');
  /** A value that nothing but a name takes. */
  const odd = {};
  const described = builtins.entries.flatMap(({ kind, name, options: fields }) =>
    fields === undefined || '~standard' in fields
      ? []
      : [{ kind, name, fields: Object.entries<Field>(fields) }],
  );

  test.each(described)('$kind $name takes its options and no others', ({ kind, name, fields }) => {
    const make = (given: object) => () => resolve[kind]({ type: name, ...given });
    expect(make({ zzz: 1 })).toThrow(`${kind} '${name}' has no option 'zzz'`);
    expect(make({ zzz: 1 })).toThrow(
      fields.length === 0
        ? 'It takes none.'
        : fields
            .map(([option]) => option)
            .sort()
            .join(', '),
    );
    for (const [option] of fields) {
      const misspelt = `${option}x`;
      expect(make({ [misspelt]: 1 })).toThrow(
        `has no option '${misspelt}'. Did you mean '${option}'?\n  at 'here'`,
      );
      expect(make({ [option]: odd })).toThrow(OptionError);
    }
    const missing = fields.find(([, { needed }]) => needed)?.[0];
    if (missing === undefined) expect(make({})).not.toThrow();
    else expect(make({})).toThrow(`as '${missing}' of ${kind} '${name}', got nothing`);
  });

  const spec = {
    input: [2],
    layers: [{ type: 'dense', units: 1 }],
    loss: 'halfSquaredError',
    optimizer: { type: 'sgd', learningRate: 0.1 },
    backend: 'cpu',
  };
  const create = js(createModel);
  const cyclic: { type: string; layers: unknown[] } = { type: 'residual', layers: [] };
  cyclic.layers.push(cyclic);
  const deep = Array.from({ length: 5000 }).reduce<object>((layer) => ({ type: 'frozen', layer }), {
    type: 'relu',
  });
  const wrongSpecs: readonly (readonly [wrong: object, message: string])[] = [
    [{ sede: 3 }, "createModel has no option 'sede'. Did you mean 'seed'"],
    [{ network: [] }, "createModel has no option 'network'. Did you mean 'layers'"],
    [{ metrics: [] }, "createModel has no option 'metrics'. fit, as evaluate, takes it."],
    [{ loss: 'mse' }, "no loss is called 'mse'. Did you mean 'meanSquaredError'"],
    [{ loss: undefined }, "'loss' of createModel, got nothing"],
    [{ optimizer: 'adam' }, "'learningRate' of optimizer 'adam', got nothing"],
    [{ layers: ['Linear'] }, "no layer is called 'Linear'. Did you mean 'dense'"],
    [{ layers: ['MaxPooling2D'] }, "no layer is called 'MaxPooling2D'. Did you mean 'maxPool'"],
    [
      { layers: [{ type: 'dense', units: 1, activation: 'swish' }] },
      "no activation is called 'swish'. Did you mean 'silu'",
    ],
    [{ layers: [dense(1)] }, "a function at 'layers[0].forward' of a spec"],
    [{ loss: halfSquaredError }, "a function at 'loss' of a spec"],
    [{ backend: 'gpu' }, "no backend is called 'gpu'. Did you mean 'webgpu'"],
    [{ layout: 'diagonal' }, "'layout' of createModel, got 'diagonal'"],
    [{ input: 3 }, "'input' of createModel, got 3"],
    [{ input: null }, "'input' of createModel, got null"],
    [{ input: {} }, "'input' of createModel, got an object with no properties"],
    [{ layers: [] }, "expected an array of at least one layer as 'layers' of createModel, got an array of 0"],
    [{ layers: [cyclic] }, "the spec of 'residual' within itself"],
    [{ layers: [deep] }, 'at most 200 deep'],
    [
      { layers: [{ type: 'residual', layers: ['relu', { type: 'dense', units: 2, activation: 'rleu' }] }] },
      "at 'layers[0].layers[1].activation'",
    ],
    [
      { layers: [{ type: 'dense', units: 1, kernelInitializer: { type: 'normal', std: 1 } }] },
      "initializer 'normal' has no option 'std'",
    ],
    [
      { optimizer: { type: 'sgd', learningRate: 0.1, schedule: { type: 'cosine', step: 2 } } },
      "schedule 'cosine' has no option 'step'. Did you mean 'steps'?\n  at 'optimizer.schedule'",
    ],
    [
      { layers: [{ type: 'constrained', layer: 'relu', constraint: 'maxNorm' }] },
      "'limit' of maxNorm, got nothing\n  at 'layers[0]'",
    ],
    [
      { layers: [{ type: 'constrained', layer: 'relu', constraint: 'unitNorm', high: 2 }] },
      "unitNorm has no option 'high'",
    ],
    [{ backend: { type: 'cpu', threads: 2 } }, "cpu has no option 'threads'"],
    [{ backend: { type: 'auto', threads: 2 } }, "backend 'auto' has no option 'threads'"],
    ...[-1, 0, 1.5, 1e9, Number.NaN, '2'].map(
      (threads) => [{ backend: { type: 'wasm', threads } }, "'threads' of wasm"] as const,
    ),
    [{ backend: { type: 'wasm', thread: 2 } }, "wasm has no option 'thread'. Did you mean 'threads'"],
    [{ backend: { type: 'webgpu', fallback: 'wasm' } }, "'fallback' of webgpu, got 'wasm'"],
  ];
  test.each(wrongSpecs.map(([wrong, message]) => ({ wrong, message })))(
    '$message',
    async ({ wrong, message }) => {
      await expect(create(container, { ...spec, ...wrong })).rejects.toThrow(message);
    },
  );

  test('no spec at all', async () => {
    await expect(create(container, undefined)).rejects.toThrow(
      'an object of options for createModel, got nothing',
    );
    await expect(create(container, 'mlp')).rejects.toThrow("an object of options for createModel, got 'mlp'");
  });

  test('the options of a backend take effect', async () => {
    const backend = await resolve.backend(Object({ type: 'wasm', threads: 2 }));
    expect(Reflect.get(backend, 'pool')?.threads ?? Reflect.get(backend, 'pool')).toBeDefined();
    backend.dispose?.();
    const plain = await resolve.backend('wasm');
    expect(Reflect.get(plain, 'pool')).toBeUndefined();
    plain.dispose?.();
  });

  test("a sequential's name is that of its path", async () => {
    const model = await create(container, {
      ...spec,
      layers: [{ type: 'sequential', name: 'head', layers: [{ type: 'dense', units: 1 }] }],
    });
    expect(Object.keys(await model.weights())).toEqual(['network/head/0/kernel', 'network/head/0/bias']);
  });

  test("a plugin's entry describes its options by fields, and gets the things that they name", async () => {
    const { field, parts } = await import('pullback');
    const own = plugin(({ layer }) =>
      layer(
        'twice',
        ({ of, gain = 1 }: { of: ReturnType<typeof relu>; gain?: number }) =>
          sequential(of, rescale(gain), of),
        {
          options: { of: field.needed(parts.layer), gain: field.number({ above: 0 }) },
        },
      ),
    );
    const mine = resolverOf(createContainer(builtins, own), 'here');
    expect(mine.layer(Object({ type: 'twice', of: 'relu', gain: 2 })).name).toBe('sequential');
    expect(mine.layer(Object({ type: 'twice', of: relu() })).name).toBe('sequential');
    expect(() => mine.layer(Object({ type: 'twice', of: 3 }))).toThrow(
      /the spec of a layer: a name, or an object with 'type', or a layer as 'of' of layer 'twice', got 3/,
    );
    expect(() => mine.layer(Object({ type: 'twice' }))).toThrow("as 'of' of layer 'twice', got nothing");
    expect(() => mine.layer(Object({ type: 'twice', of: 'relu', gian: 2 }))).toThrow("Did you mean 'gain'");
  });
});
