// Metrics as fit and evaluate have them: by name, of plugins, on every backend, from what the network and the loss say.
import {
  abs,
  binaryCrossEntropy,
  builtins,
  type Callback,
  createContainer,
  createModel,
  DataError,
  defineLoss,
  defineMetric,
  dense,
  earlyStopping,
  f1,
  hinge,
  type Loss,
  lambda,
  Model,
  meanSquaredError,
  mul,
  OptionError,
  plugin,
  reduceOnPlateau,
  sequential,
  sgd,
  sigmoid,
  sigmoidBinaryCrossEntropy,
  softmax,
  softmaxCrossEntropy,
  sub,
  UnknownNameError,
  type Value,
} from 'pullback';
import { describe, expect, test } from 'vitest';

declare module 'pullback' {
  interface MetricSpecs {
    offBy: { readonly power?: number };
  }
}

const identity = () => lambda((v: Value) => mul(v, 1));
const modelOf = (
  loss: Loss,
  {
    width = 1,
    network = identity(),
    backend = 'wasm',
  }: { width?: number; network?: ReturnType<typeof identity>; backend?: 'cpu' | 'wasm' } = {},
) => Model.create({ network, input: [width], loss, optimizer: sgd({ learningRate: 0 }), backend, seed: 1 });
const column = (x: readonly number[]) => x.map((v) => [v]);
const quiet = { progress: false } as const;

const probabilities = [0.9, 0.4, 0.7, 0.2, 0.6, 0.1, 0.8, 0.3, 0.55];
const logits = probabilities.map((p) => Math.log(p / (1 - p)));
const truth = [1, 1, 1, 0, 0, 0, 1, 0, 1];

describe('decisions are made by what the network or the loss says', () => {
  const names = ['accuracy', 'precision', 'recall', 'f1', 'auc'] as const;
  // tp 4, fp 1, fn 1, tn 3; of the 5 * 4 pairs of a positive and a negative 0.4 < 0.6 and 0.55 < 0.6 are wrong.
  const expected = { accuracy: 7 / 9, precision: 0.8, recall: 0.8, F1: 0.8, AUC: 18 / 20 };
  for (const backend of ['cpu', 'wasm'] as const)
    for (const [what, loss, x, network] of [
      ['probabilities', binaryCrossEntropy(), probabilities, identity()],
      ['logits', sigmoidBinaryCrossEntropy(), logits, identity()],
      ['a sigmoid', meanSquaredError(), logits, sequential(identity(), sigmoid())],
      ['values', meanSquaredError(), probabilities, identity()],
    ] as const)
      test(`${what}, on ${backend}, in batches of 2`, async () => {
        const model = await modelOf(loss, { network, backend });
        const figures = await model.evaluate(column(x), column(truth), { metrics: names, batchSize: 2 });
        for (const [name, figure] of Object.entries(expected)) expect(figures[name]).toBeCloseTo(figure, 6);
      });
  test('margins, by their sign, of targets -1 and 1', async () => {
    const model = await modelOf(hinge());
    const signs = column(truth.map((t) => 2 * t - 1));
    const { accuracy, F1 } = await model.evaluate(column(logits), signs, { metrics: ['accuracy', 'f1'] });
    expect([accuracy, F1]).toEqual([expect.closeTo(7 / 9, 6), expect.closeTo(0.8, 6)]);
    await expect(model.evaluate(column(logits), column(truth))).rejects.toThrow(/2 t - 1/);
  });
  test("nobody says it: the error tells what to write, and a loss of one's own may say it", async () => {
    const f = (x: Value, t: Value) => abs(sub(x, t));
    const make = (meaning?: Loss['meaning']) =>
      defineLoss('own', (x, t) => mul(f(x, t), 1), { ...(meaning && { meaning }) });
    const own = (meaning?: Loss['meaning']): Loss => ({
      ...make(meaning)(),
      forward: (x, t) =>
        mul(0, meanSquaredError().forward(x, t, { layout: 'row', sampleAxis: 0, classAxis: -1 })),
    });
    const unknown = await modelOf(own());
    const asked = unknown.evaluate(column(logits), column(truth), { metrics: ['f1'] });
    await expect(asked).rejects.toThrow(/threshold: 0.5 for probabilities, threshold: 0 for logits/);
    const told = await modelOf(own({ as: 'logits', exclusive: false }));
    const said = { metrics: [f1({ threshold: 0 })] };
    expect((await told.evaluate(column(logits), column(truth), { metrics: ['f1'] }))['F1']).toBeCloseTo(
      0.8,
      6,
    );
    expect((await unknown.evaluate(column(logits), column(truth), said))['F1']).toBeCloseTo(0.8, 6);
  });
  test('several classes, of labels and logits; labels outside are refused', async () => {
    const model = await modelOf(meanSquaredError(), { width: 3, network: sequential(identity(), softmax()) });
    const x = [
      [3, 0, 0],
      [0, 3, 0],
      [0, 0, 3],
    ];
    const hot = [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ];
    const metrics = ['accuracy', 'f1', { type: 'topK', k: 2 }, { type: 'auc', average: 'weighted' }] as const;
    const figures = await model.evaluate(x, hot, { metrics });
    expect(figures).toMatchObject({ accuracy: 1, F1: 1, 'top-2 accuracy': 1, 'weighted AUC': 1 });
    const byLabels = await modelOf(softmaxCrossEntropy(), { width: 3 });
    expect(await byLabels.evaluate(x, [0, 1, 2], { metrics: ['accuracy', 'f1'] })).toMatchObject({ F1: 1 });
    await expect(byLabels.evaluate(x, [0, 1, 3])).rejects.toThrow(DataError);
    await expect(
      model.evaluate(
        x,
        [
          [1, 0, 0],
          [1, 1, 0],
          [0, 0, 1],
        ],
        { metrics: ['accuracy'] },
      ),
    ).rejects.toThrow(/sample 1/);
  });
});

describe('exact over any batches', () => {
  const n = 101;
  const p = Array.from({ length: n }, (_, i) => 0.5 + 0.49 * Math.sin(5 * i));
  const t = Array.from({ length: n }, (_, i) => Number(Math.sin(5 * i) + Math.cos(3 * i) > 0));
  const metrics = ['accuracy', 'precision', 'f1', 'auc', 'r2', 'meanSquaredError'] as const;
  for (const backend of ['cpu', 'wasm'] as const)
    test(`on the backend and from the host, on ${backend}`, async () => {
      const model = await modelOf(meanSquaredError(), { backend });
      const whole = await model.evaluate(column(p), column(t), { metrics, batchSize: n });
      for (const batchSize of [1, 7, 50])
        for (const residentBytes of [2 ** 20, 0]) {
          const figures = await model.evaluate(column(p), column(t), { metrics, batchSize, residentBytes });
          for (const [name, figure] of Object.entries(whole)) expect(figures[name]).toBeCloseTo(figure, 5);
        }
      const fitted = await model.fit(column(p), column(t), {
        metrics,
        batchSize: 8,
        validationSplit: 0.5,
        epochs: 2,
        ...quiet,
      });
      const [first, second] = fitted;
      for (const record of [first, second])
        for (const name of ['accuracy', 'AUC', 'R2']) {
          expect(record?.[name]).toBeCloseTo(first?.[name] ?? Number.NaN, 5);
          expect(Object.keys(record ?? {})).toContain(`validation ${name}`);
        }
    });
  test('an epoch during which the model moves to another backend, and another evaluation runs', async () => {
    const move = async (to?: 'cpu') => {
      const model = await modelOf(meanSquaredError());
      let steps = 0;
      const step: Callback = {
        step: async () => {
          if (++steps !== 3 || to === undefined) return;
          await model.to(to);
          await model.evaluate([[0.1], [0.9]], [[0], [1]], { metrics: ['auc', 'r2'] });
        },
      };
      const options = {
        metrics: ['auc', 'r2', 'accuracy'] as const,
        batchSize: 10,
        callbacks: [step],
        ...quiet,
      };
      return (await model.fit(column(p), column(t), options))[0];
    };
    const [moved, stayed] = [await move('cpu'), await move()];
    for (const [name, figure] of Object.entries(stayed ?? {})) expect(moved?.[name]).toBeCloseTo(figure, 6);
  });
  test('a stream whose batches are of one class', async () => {
    const model = await modelOf(binaryCrossEntropy());
    const batches = [
      { x: [[0.9], [0.8]], y: [[1], [1]] },
      { x: [[0.1], [0.85]], y: [[0], [0]] },
    ];
    const [record] = await model.fit(new Set(batches), { metrics: ['auc'], ...quiet });
    expect(record?.['AUC']).toBe(0.75);
    await expect(model.fit(new Set(batches.slice(0, 1)), { metrics: ['auc'], ...quiet })).rejects.toThrow(
      DataError,
    );
    await expect(model.evaluate([[0.1]], [[1]], { metrics: ['auc'] })).rejects.toThrow(
      /both positives and negatives/,
    );
  });
  test('figures so far leave out what has none yet', async () => {
    const model = await modelOf(binaryCrossEntropy());
    const seen: string[][] = [];
    const progress = {
      batch: async (_: unknown, figures: () => Promise<object>) =>
        void seen.push(Object.keys(await figures())),
      epoch: () => {},
    };
    const slow: Callback = { step: () => new Promise((resolve) => setTimeout(resolve, 10)) };
    const [record] = await model.fit(column([0.9, 0.1, 0.2]), column([1, 0, 1]), {
      metrics: ['auc', 'accuracy', { type: 'accuracy', weighted: true }],
      sampleWeights: [0, 1, 1],
      ...{ batchSize: 1, shuffle: false, progress, callbacks: [slow] },
    });
    expect(seen[0]).toEqual(['loss', 'accuracy']);
    expect(seen.at(-1)).toEqual(['loss', 'accuracy', 'weighted accuracy']);
    expect(record).toMatchObject({ AUC: 1, 'weighted accuracy': 0.5 });
  });
  test('samples count by their weights where that is asked for', async () => {
    const model = await modelOf(binaryCrossEntropy());
    const metrics = [
      'accuracy',
      { type: 'accuracy', weighted: true },
      { type: 'auc', weighted: true },
    ] as const;
    const sampleWeights = [1, 1, 1, 0];
    const figures = await model.evaluate(column([0.9, 0.1, 0.2, Number.NaN]), column([1, 0, 1, 0]), {
      metrics,
      sampleWeights,
    });
    expect(figures['weighted accuracy']).toBeCloseTo(2 / 3, 6);
    expect(figures['weighted AUC']).toBe(1);
    expect(figures['accuracy']).toBeNaN();
  });
});

describe('names', () => {
  const offBy = ({ power = 1 }: { power?: number } = {}) =>
    defineMetric('off by', (x, t) => (power === 1 ? abs(sub(x, t)) : mul(abs(sub(x, t)), abs(sub(x, t)))), {
      better: 'lower',
    })();
  const container = createContainer(
    builtins,
    plugin(({ metric }) => metric('offBy', offBy)),
  );
  const spec = {
    input: [1],
    layers: ['identity'],
    loss: 'meanSquaredError',
    optimizer: { type: 'sgd', learningRate: 0 },
    backend: 'wasm',
  } as const;
  test('a metric of a plugin, with and without options', async () => {
    const model = await createModel(container, spec);
    const [x, y] = [column([1, 2]), column([1, 4])];
    const plain = await model.evaluate(x, y, { metrics: ['offBy'] });
    expect(plain['off by']).toBeCloseTo(1, 6);
    const [record] = await model.fit(x, y, { metrics: [{ type: 'offBy', power: 2 }, 'r2'], ...quiet });
    expect(record?.['off by']).toBeCloseTo(2, 6);
    expect(record?.['R2']).toBeCloseTo(1 - 4 / 4.5, 5);
  });
  test('unknown ones and wrong options are refused, with the nearest', async () => {
    const model = await createModel(container, spec);
    const given = (metric: string | { type: string }) =>
      model.evaluate([[1]], [[1]], { metrics: [metric as 'r2'] });
    await expect(given('ofBy')).rejects.toThrow(/Did you mean 'offBy'/);
    await expect(given('ofBy')).rejects.toThrow(UnknownNameError);
    const own = await modelOf(meanSquaredError());
    const ask = (metric: unknown) => own.evaluate([[1]], [[1]], { metrics: [metric as 'r2'] });
    await expect(ask('acuracy')).rejects.toThrow(/Did you mean 'accuracy'/);
    await expect(ask({ type: 'topK' })).rejects.toThrow(OptionError);
    await expect(ask({ type: 'f1', treshold: 1 })).rejects.toThrow(/Did you mean 'threshold'/);
    await expect(ask('toString')).rejects.toThrow(UnknownNameError);
    await expect(ask(7)).rejects.toThrow(OptionError);
  });
});

describe('which figures are better', () => {
  const ways = async (
    callbacks: readonly Callback[],
    metrics: readonly ('accuracy' | ReturnType<typeof f1>)[],
  ) => {
    const model = await Model.create({
      network: sequential(dense(1), sigmoid()),
      input: [1],
      loss: binaryCrossEntropy(),
      optimizer: sgd({ learningRate: 0 }),
      backend: 'cpu',
    });
    const [x, y] = [column([1, 2, -1, -2]), column([1, 1, 0, 0])];
    return model.fit(x, y, { epochs: 9, validationSplit: 0.5, callbacks, metrics, batchSize: 2, ...quiet });
  };
  test('earlyStopping on validation accuracy stops when it no longer rises', async () => {
    const history = await ways(
      [earlyStopping({ monitor: 'validation accuracy', patience: 2 })],
      ['accuracy'],
    );
    expect(history.length).toBe(3);
  });
  test('a rising accuracy is followed to its best epoch', async () => {
    const better: Callback['epochStart'] = () => {};
    expect(better).toBeDefined();
    const model = await Model.create({
      network: sequential(dense(1), sigmoid()),
      input: [1],
      loss: binaryCrossEntropy(),
      optimizer: sgd({ learningRate: 1 }),
      backend: 'cpu',
      seed: 3,
    });
    const [x, y] = [column([1, 2, -1, -2]), column([0, 0, 1, 1])];
    const callbacks = [earlyStopping({ monitor: 'accuracy', patience: 3 })];
    const history = await model.fit(x, y, { epochs: 50, metrics: ['accuracy'], callbacks, ...quiet });
    expect(history.at(-1)?.['accuracy']).toBe(1);
    expect((await model.evaluate(x, y, { metrics: ['accuracy'] }))['accuracy']).toBe(1);
  });
  test("a metric of one's own says it, or the callback does", async () => {
    const silent = defineMetric('silent', (x, t) => abs(sub(x, t)))();
    const told = defineMetric('told', (x, t) => abs(sub(x, t)), { better: 'lower' })();
    await expect(ways([earlyStopping({ monitor: 'silent' })], [silent])).rejects.toThrow(
      /mode: 'max' or mode: 'min'/,
    );
    await expect(ways([reduceOnPlateau({ monitor: 'silent' })], [silent])).rejects.toThrow(OptionError);
    expect(
      await ways([earlyStopping({ monitor: 'silent', mode: 'min', patience: 1 })], [silent]),
    ).toHaveLength(2);
    expect(await ways([earlyStopping({ monitor: 'validation told', patience: 1 })], [told])).toHaveLength(2);
  });
  test('an unknown figure is refused before the first step, with the nearest', async () => {
    const wrong = ways([earlyStopping({ monitor: 'validation acuracy' })], ['accuracy']);
    await expect(wrong).rejects.toThrow(/Did you mean 'validation accuracy'/);
    await expect(ways([reduceOnPlateau({ monitor: 'f1' })], [f1()])).rejects.toThrow(/Did you mean 'F1'/);
  });
});
