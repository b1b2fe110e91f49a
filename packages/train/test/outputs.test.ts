import { cpu } from '@pullback/backend-cpu';
import {
  constant,
  DataError,
  defineLayer,
  defineLoss,
  evaluate,
  gradient,
  OptionError,
  square,
  sub,
  sum,
  UnknownNameError,
  type Value,
} from '@pullback/core';
import { dense, filled, lambda, sequential, sigmoid, softmax, tanh } from '@pullback/layers';
import {
  binaryCrossEntropy,
  categoricalCrossEntropy,
  halfSquaredError,
  meanSquaredError,
  sigmoidBinaryCrossEntropy,
  softmaxCrossEntropy,
} from '@pullback/losses';
import { accuracy, meanAbsoluteDistance } from '@pullback/metrics';
import { sgd } from '@pullback/optimizers';
import { findLearningRate, Model, type ModelOptions } from '@pullback/train';
import { describe, expect, test } from 'vitest';

const X = [
  [1, 0.5],
  [-1, 2],
  [0.3, -0.7],
  [2, 1],
];
const data = (like: { readonly data: ArrayLike<number> } | undefined) => Array.from(like?.data ?? []);
const close = (a: ArrayLike<number>, b: ArrayLike<number>, digits = 13) => {
  expect(a.length).toBe(b.length);
  Array.from(a).forEach((x, i) => {
    expect(x).toBeCloseTo(b[i] ?? Number.NaN, digits);
  });
};
const create = (options: Partial<ModelOptions>) =>
  Model.create({
    network: dense(1),
    input: [2],
    loss: halfSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: cpu(),
    dtype: 'float64',
    seed: 5,
    ...options,
  });

describe('several outputs', () => {
  const trunk = dense(3, { name: 'trunk' });
  const [price, kind] = [dense(1, { name: 'price' }), dense(2, { name: 'kind' })];
  const network = defineLayer('two', (scope, x: Value) => {
    const h = tanh(scope.apply(trunk, x));
    return { price: scope.apply(price, h), kind: scope.apply(kind, h) };
  });
  const T = { price: [[1], [2], [3], [4]], kind: [0, 1, 1, 0] };
  const two = (more: Partial<ModelOptions> = {}) =>
    create({
      network,
      loss: { price: halfSquaredError(), kind: softmaxCrossEntropy() },
      lossWeights: { kind: 0.5 },
      ...more,
    });

  test('the loss is the weighted sum; each has its own figures and metrics', async () => {
    const model = await two();
    const metrics = { price: [meanAbsoluteDistance()], kind: [accuracy()] };
    const figures = await model.evaluate(X, T, { metrics, batchSize: 3 });
    expect(Object.keys(figures)).toEqual([
      'loss',
      'price loss',
      'kind loss',
      `price ${meanAbsoluteDistance().name}`,
      'kind accuracy',
    ]);
    const outputs = await model.predictAll(X);
    const byHand = data(outputs['price']).reduce((e, y, i) => e + (y - i - 1) ** 2 / 2, 0);
    expect(figures['price loss']).toBeCloseTo(byHand, 12);
    expect(figures['loss']).toBeCloseTo(byHand + 0.5 * (figures['kind loss'] ?? Number.NaN), 12);
  });

  test('the step follows the weighted sum of the gradients', async () => {
    const whole = await two();
    const before = await whole.weights();
    whole.step({ x: X, y: T });
    const after = await whole.weights();
    const parts = await Promise.all(
      [
        { price: 1, kind: 0 },
        { price: 0, kind: 1 },
      ].map(async (lossWeights) => {
        const model = await two({ lossWeights });
        model.step({ x: X, y: T });
        return model.weights();
      }),
    );
    for (const path of Object.keys(before)) {
      const start = data(before[path]);
      const [a, b] = parts.map((part) => data(part[path]));
      close(
        data(after[path]),
        start.map((w, i) => w + ((a?.[i] ?? 0) - w) + 0.5 * ((b?.[i] ?? 0) - w)),
      );
    }
  });

  test('fit, validation and inspect know them all', async () => {
    const model = await two();
    const history = await model.fit(X, T, { epochs: 30, validationSplit: 0.25, progress: false });
    expect(history.at(-1)?.['loss']).toBeLessThan(history[0]?.['loss'] ?? 0);
    expect(history[0]).toHaveProperty('validation price loss');
    const report = await model.inspect({ x: X, target: T });
    expect(report.value('loss').data[0]).toBeCloseTo(
      (report.value('loss/price').data[0] ?? 0) + 0.5 * (report.value('loss/kind').data[0] ?? 0),
      12,
    );
    await expect(model.predict(X)).rejects.toThrow(/predictAll/);
  });

  test('names that do not fit are refused', async () => {
    await expect(two({ loss: halfSquaredError(), lossWeights: {} })).rejects.toThrow(OptionError);
    await expect(two({ loss: { price: halfSquaredError() }, lossWeights: {} })).rejects.toThrow(
      /outputs price, kind/,
    );
    await expect(two({ lossWeights: { prize: 1 } })).rejects.toThrow(UnknownNameError);
    await expect(create({ loss: { a: halfSquaredError() } })).rejects.toThrow(OptionError);
    // @ts-expect-error a number is no Value
    const number = lambda(() => 3);
    await expect(create({ network: number })).rejects.toThrow(/expected a Value, or several by name, got 3/);
    const model = await two();
    expect(() => model.step({ x: X, y: { price: T.price } })).toThrow(/also kind/);
    expect(() => model.step({ x: X, y: T.price })).toThrow(DataError);
    await expect(model.evaluate(X, T, { metrics: [accuracy()] })).rejects.toThrow(OptionError);
    await expect(model.evaluate(X, T, { metrics: { prize: [accuracy()] } })).rejects.toThrow(
      UnknownNameError,
    );
  });
});

describe('weights of samples', () => {
  const Y = [[1], [0], [2], [-1]];
  const weights = [2, 0, 1, 3];
  for (const loss of [halfSquaredError(), meanSquaredError()])
    test(`a weight is so many copies of the sample: ${loss.name}, ${loss.reduction}`, async () => {
      const [weighted, copied] = [await create({ loss }), await create({ loss })];
      weighted.step({ x: X, y: Y, sampleWeights: weights });
      const rows = weights.flatMap((times, i) => new Array<number>(times).fill(i));
      // A mean is over the 4 samples, whatever they weigh; of the 6 copies it is over 6.
      copied.learningRate = loss.reduction === 'sum' ? 0.1 : (0.1 * rows.length) / X.length;
      copied.step({ x: rows.map((i) => X[i] ?? []), y: rows.map((i) => Y[i] ?? []) });
      for (const path of ['network/kernel', 'network/bias'])
        close(data((await weighted.weights())[path]), data((await copied.weights())[path]));
    });

  test('of 0 leave out samples and outputs whose targets are not there', async () => {
    const missing = Y.map((row, i) => (weights[i] === 0 ? [Number.NaN] : row));
    const [given, none] = [await create({}), await create({})];
    given.step({ x: X, y: missing, sampleWeights: weights });
    none.step({ x: X, y: Y, sampleWeights: weights });
    expect(await given.weights()).toEqual(await none.weights());
    const network = defineLayer('two', (scope, x: Value) => ({
      a: scope.apply(dense(1, { name: 'a' }), x),
      b: scope.apply(dense(1, { name: 'b' }), x),
    }));
    const loss = { a: meanSquaredError(), b: meanSquaredError() };
    const model = await create({ network, loss, lossWeights: { b: 0 } });
    const y = { a: Y, b: Y.map(() => [Number.NaN]) };
    const [record] = await model.fit(X, y, { progress: false });
    expect(Number.isFinite(record?.['loss'])).toBe(true);
    for (const weight of Object.values(await model.weights()))
      expect(data(weight).every(Number.isFinite)).toBe(true);
    expect((await model.evaluate(X, y))['loss']).toBeLessThan(100);
  });

  test('fit shuffles them along, streams bring them, evaluate counts them', async () => {
    const a = await create({});
    await a.fit(X, Y, { sampleWeights: weights, batchSize: 2, shuffle: false, progress: false });
    const batch = (from: number) => ({
      x: X.slice(from, from + 2),
      y: Y.slice(from, from + 2),
      sampleWeights: weights.slice(from, from + 2),
    });
    const stream = { [Symbol.iterator]: () => [batch(0), batch(2)].values() };
    const c = await create({});
    await c.fit(stream, { progress: false });
    expect(await c.weights()).toEqual(await a.weights());
    const { loss } = await a.evaluate(X, Y, { sampleWeights: [0, 0, 0, 0] });
    expect(loss).toBe(0);
  });

  test('weights of classes are weights of samples, by label, one-hot row and column, and 0 or 1', async () => {
    const network = () => dense(2);
    const labels = [0, 1, 1, 0];
    const oneHot = labels.map((label) => [1 - label, label]);
    const run = async (y: number[] | number[][], more: object, options: Partial<ModelOptions> = {}) => {
      const model = await create({ network: network(), loss: softmaxCrossEntropy(), ...options });
      model.step({ x: X, y, ...more });
      return data((await model.weights())['network/kernel']);
    };
    const wanted = await run(labels, { sampleWeights: [0.5, 4, 4, 0.5] });
    close(await run(labels, { classWeights: [0.5, 4] }), wanted);
    close(await run(oneHot, { classWeights: [0.5, 4] }), wanted);
    close(await run(labels, { classWeights: [1, 2], sampleWeights: [0.5, 2, 2, 0.5] }), wanted);
    const one = { network: dense(1), loss: sigmoidBinaryCrossEntropy() };
    const binary = labels.map((label) => [label]);
    close(
      await run(binary, { classWeights: [0.5, 4] }, one),
      await run(binary, { sampleWeights: [0.5, 4, 4, 0.5] }, { ...one, network: dense(1) }),
    );
  });

  test('what does not fit is refused', async () => {
    const model = await create({});
    expect(() => model.step({ x: X, y: Y, sampleWeights: [1, 2] })).toThrow(/2 weights for 4 samples/);
    expect(() => model.step({ x: X, y: Y, sampleWeights: [1, 2, -1, 0] })).toThrow(OptionError);
    expect(() => model.step({ x: X, y: Y, classWeights: [1] })).toThrow(/class/);
    const own = defineLoss('own', (x, t) => sum(square(sub(x, t))));
    const plain = await create({ loss: own() });
    await expect(plain.fit(X, Y, { sampleWeights: weights, progress: false })).rejects.toThrow(/perSample/);
  });
});

describe('sigmoid then binary, softmax then categorical cross entropy, as the user composes them', () => {
  const inputs = [
    [1000, -1000],
    [-1000, 1000],
    [30, -45],
    [0.5, -0.2],
  ];
  const identity = { kernelInitializer: () => Float64Array.of(1, 0, 0, 1), bias: false };
  const cases = [
    ['sigmoid', sigmoid(), binaryCrossEntropy(), sigmoidBinaryCrossEntropy()],
    ['softmax', softmax(), categoricalCrossEntropy(), softmaxCrossEntropy()],
    [
      'softmax, smoothed',
      softmax(),
      categoricalCrossEntropy({ labelSmoothing: 0.2, reduction: 'sum' }),
      softmaxCrossEntropy({ labelSmoothing: 0.2, reduction: 'sum' }),
    ],
  ] as const;
  const T = [
    [0, 1],
    [0, 1],
    [1, 0],
    [1, 0],
  ];
  for (const [name, activation, onProbabilities, onLogits] of cases)
    for (const layout of ['row', 'column'] as const)
      test(`${name}, samples in ${layout}s: the loss and the step of the form on logits, at saturation too`, async () => {
        const flip = (rows: number[][]) =>
          layout === 'row' ? rows : [0, 1].map((j) => rows.map((r) => r[j] ?? 0));
        const [x, y] = [flip(inputs), flip(T)];
        const optimizer = sgd({ learningRate: 1e-3 });
        const composed = await create({
          network: sequential(dense(2, identity), activation),
          loss: onProbabilities,
          layout,
          optimizer,
        });
        const fused = await create({
          network: sequential(dense(2, identity)),
          loss: onLogits,
          layout,
          optimizer,
        });
        const figures = await composed.evaluate(x, y);
        expect(figures).toEqual(await fused.evaluate(x, y));
        expect(figures['loss']).toBeGreaterThan(200);
        for (const model of [composed, fused]) model.step({ x, y });
        const kernel = data((await composed.weights())['network/0/kernel']);
        expect(kernel).toEqual(data((await fused.weights())['network/0/kernel']));
        expect(kernel.every(Number.isFinite)).toBe(true);
        expect(kernel).not.toEqual([1, 0, 0, 1]);
      });

  test('softmax along another axis than the classes, or another layer between, is left as it is', async () => {
    const other = await create({
      network: sequential(dense(2, identity), softmax({ axis: 0 })),
      loss: categoricalCrossEntropy(),
    });
    const p = await other.predict(inputs);
    const { loss } = await other.evaluate(inputs, T, { batchSize: 4 });
    const byHand = T.reduce(
      (e, row, i) =>
        e -
        row.reduce((s, t, k) => s + (t === 0 ? 0 : t * Math.max(-100, Math.log(p.data[2 * i + k] ?? 0))), 0),
      0,
    );
    expect(loss).toBeCloseTo(byHand / 4, 10);
  });

  test('as a function of Values the loss keeps its gradient at the probabilities', () => {
    const z = constant([[0.3, -0.4]], { dtype: 'float64' });
    const t = constant([[1, 0]], { dtype: 'float64' });
    const p = sigmoid(z);
    const at = { layout: 'row', sampleAxis: 0, classAxis: -1 } as const;
    const [slope = p] = gradient(binaryCrossEntropy().forward(p, t, at), [p]);
    const [a = 0, b = 0] = evaluate(p).data;
    close(evaluate(slope).data, [-1 / a, 1 / (1 - b)]);
  });
});

describe('learning rate finder', () => {
  // E = (w - 1)^2 / 2 summed over 4 samples: steps contract for rates below 2 / 4, and diverge above.
  const line = () => create({ network: dense(1, { bias: false, kernelInitializer: filled(0) }), input: [1] });
  const [x, y] = [
    [[1], [1], [1], [1]],
    [[1], [1], [1], [1]],
  ];

  test('tries rates by equal factors up to where the loss diverges, and puts the model back', async () => {
    const model = await line();
    const found = await findLearningRate(model, { x, y }, { from: 1e-4, to: 100, steps: 61, batchSize: 4 });
    expect(found.learningRate).toBeGreaterThan(0.005);
    expect(found.learningRate).toBeLessThan(0.5);
    const rates = found.tried.map(({ learningRate }) => learningRate);
    expect(rates[0]).toBe(1e-4);
    for (let i = 1; i < rates.length; i++)
      expect((rates[i] ?? 0) / (rates[i - 1] ?? 1)).toBeCloseTo(10 ** 0.1, 10);
    expect(rates.at(-1)).toBeLessThan(100);
    expect([model.learningRate, model.stepCount]).toEqual([0.1, 0]);
    expect(data((await model.weights())['network/kernel'])).toEqual([0]);
  });

  test('a range that is none is refused before anything is tried', async () => {
    const model = await line();
    for (const range of [{ from: 0 }, { from: 2, to: 1 }, { steps: 2 }, { to: Infinity }])
      await expect(findLearningRate(model, { x, y }, range)).rejects.toThrow(OptionError);
  });
});
