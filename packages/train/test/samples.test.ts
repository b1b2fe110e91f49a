import { cpu } from '@pullback/backend-cpu';
import {
  abs,
  cast,
  DataError,
  DTypeError,
  defineLoss,
  mean,
  mul,
  OptionError,
  oneHot,
  ShapeError,
  softmax,
  square,
  sub,
  sum,
  type TensorLike,
} from '@pullback/core';
import { dense, filled, sequential } from '@pullback/layers';
import { halfSquaredError, meanSquaredError, softmaxCrossEntropy } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { batches, findLearningRate, type Inputs, Model, type ModelOptions } from '@pullback/train';
import { describe, expect, test } from 'vitest';

const options = (more: Partial<ModelOptions> = {}): ModelOptions => ({
  network: sequential(dense(1, { kernelInitializer: filled(1) })),
  input: [2],
  loss: meanSquaredError(),
  optimizer: sgd({ learningRate: 0.1 }),
  backend: cpu(),
  ...more,
});
const quiet = { progress: false } as const;
const X = [
  [1, 2],
  [3, 4],
];
// Predictions of kernels of 1 are 3 and 7.
const lossOf = async (y: Inputs, more: Partial<ModelOptions> = {}, x: Inputs = X) =>
  (await (await Model.create(options(more))).evaluate(x, y))['loss'];

describe('targets are read as their loss takes them', () => {
  const kinds: Readonly<Record<string, TensorLike>> = {
    Uint8Array: { shape: [2, 1], data: Uint8Array.of(4, 9) },
    Uint8ClampedArray: { shape: [2, 1], data: Uint8ClampedArray.of(4, 9) },
    Int8Array: { shape: [2, 1], data: Int8Array.of(4, 9) },
    Int16Array: { shape: [2, 1], data: Int16Array.of(4, 9) },
    Int32Array: { shape: [2, 1], data: Int32Array.of(4, 9) },
    Uint32Array: { shape: [2, 1], data: Uint32Array.of(4, 9) },
    BigInt64Array: { shape: [2, 1], data: BigInt64Array.of(4n, 9n) },
    Float64Array: { shape: [2, 1], data: Float64Array.of(4, 9) },
    'rows of Int32Array': [Int32Array.of(4), Int32Array.of(9)],
    'nested arrays': [[4], [9]],
  };
  for (const [name, y] of Object.entries(kinds))
    for (const dtype of ['float32', 'float64'] as const)
      test(`${name} as numbers of a squared error, ${dtype}: ((4-3)^2 + (9-7)^2) / 2`, async () => {
        expect(await lossOf(y, { dtype })).toBe(2.5);
      });

  test('integers as inputs, of any kind, are numbers too', async () => {
    const input = (data: Int32Array | Int16Array | BigInt64Array | Uint8ClampedArray) =>
      lossOf([[4], [9]], {}, { shape: [2, 2], data });
    expect(await input(Int32Array.of(1, 2, 3, 4))).toBe(2.5);
    expect(await input(Int16Array.of(1, 2, 3, 4))).toBe(2.5);
    expect(await input(BigInt64Array.of(1n, 2n, 3n, 4n))).toBe(2.5);
    expect(await input(Uint8ClampedArray.of(1, 2, 3, 4))).toBe(2.5);
    // Past int32, and still numbers.
    const wide = await lossOf(
      [[0], [0]],
      { dtype: 'float64' },
      { shape: [2, 2], data: BigInt64Array.of(2n ** 40n, 0n, 0n, 0n) },
    );
    expect(wide).toBe(2 ** 80 / 2);
  });

  const ofSum = defineLoss('ofSum', (x, t) => mean(square(sub(sum(x, { axis: 1 }), t))), {
    reduction: 'mean',
  });
  test('floats with an axis less stay floats: ((3-0.9)^2 + (7-0.9)^2) / 2', async () => {
    for (const y of [[0.9, 0.9], Float64Array.of(0.9, 0.9), Float32Array.of(0.9, 0.9)])
      expect(await lossOf(y, { loss: ofSum() })).toBeCloseTo((2.1 ** 2 + 6.1 ** 2) / 2, 4);
    // A batch of whole numbers is no other kind of batch.
    expect(await lossOf([1, 2], { loss: ofSum() })).toBe((4 + 25) / 2);
    expect(await lossOf(Int32Array.of(1, 2), { loss: ofSum() })).toBe((4 + 25) / 2);
    expect(await lossOf(Uint8Array.of(1, 2), { loss: ofSum() })).toBe((4 + 25) / 2);
  });

  const ofLabels = defineLoss('ofLabels', (x, t) => sum(mul(softmax(x), oneHot(t, 3))));
  const classes = { network: dense(3, { kernelInitializer: filled(0) }) };
  test('a loss of one’s own that takes labels gets them from any numbers, and no fractions', async () => {
    for (const y of [
      [0, 2],
      Float64Array.of(0, 2),
      Int32Array.of(0, 2),
      Uint8Array.of(0, 2),
      BigInt64Array.of(0n, 2n),
    ])
      expect(await lossOf(y, { ...classes, loss: ofLabels() })).toBeCloseTo(2 / 3, 5);
    await expect(lossOf([0, 1.5], { ...classes, loss: ofLabels() })).rejects.toThrow(DataError);
    await expect(lossOf([0, 1.5], { ...classes, loss: ofLabels() })).rejects.toThrow(/label 1.5 at \[1\]/);
    await expect(lossOf([0, Number.NaN], { ...classes, loss: ofLabels() })).rejects.toThrow(DataError);
  });

  test('labels of the cross entropy, in both layouts: log 3', async () => {
    for (const y of [
      [0, 2],
      Float64Array.of(0, 2),
      Int32Array.of(0, 2),
      BigInt64Array.of(0n, 2n),
      [
        [1, 0, 0],
        [0, 0, 1],
      ],
    ])
      expect(await lossOf(y, { ...classes, loss: softmaxCrossEntropy() })).toBeCloseTo(Math.log(3), 5);
    const oneHotInts = { shape: [2, 3], data: Int32Array.of(1, 0, 0, 0, 0, 1) };
    expect(await lossOf(oneHotInts, { ...classes, loss: softmaxCrossEntropy() })).toBeCloseTo(Math.log(3), 5);
    const columns = { ...classes, layout: 'column', loss: softmaxCrossEntropy() } as const;
    expect(await lossOf([0, 2], columns)).toBeCloseTo(Math.log(3), 5);
  });

  test('a loss that takes neither says so before the first step', async () => {
    const picky = defineLoss('picky', (x, t) => {
      if (t.dtype !== 'bool') throw new DTypeError({ got: t.dtype, expected: 'bools' });
      return sum(x);
    });
    const model = await Model.create(options({ loss: picky() }));
    await expect(model.fit(X, [[1], [2]], quiet)).rejects.toThrow(/bools.*float32/);
    expect(() => model.step({ x: X, y: Int32Array.of(1, 2) })).toThrow(DTypeError);
    expect(model.stepCount).toBe(0);
  });
});

describe('a target that would be broadcast is refused, also by a loss of one’s own', () => {
  const losses = {
    absolute: defineLoss('absolute', (x, t) => sum(abs(sub(x, t))))(),
    object: { name: 'object', reduction: 'sum', forward: (x, t) => sum(abs(sub(x, t))) },
    weighted: {
      name: 'weighted',
      reduction: 'sum',
      perSample: (x, t) => sum(abs(sub(x, t)), { axis: 1 }),
      forward: (x, t) => sum(square(cast(sub(x, t), 'float32'))),
    },
    built: meanSquaredError(),
  } satisfies Record<string, ModelOptions['loss']>;
  for (const [name, loss] of Object.entries(losses))
    for (const y of [
      [1, 2],
      [
        [1, 2],
        [3, 4],
      ],
      [[[1]], [[2]]],
    ])
      test(`${name}, ${JSON.stringify(y)} for predictions of [2, 1]`, async () => {
        await expect(lossOf(y, { loss })).rejects.toThrow(ShapeError);
        const model = await Model.create(options({ loss }));
        await expect(model.fit(X, y, quiet)).rejects.toThrow(ShapeError);
        expect(() => model.step({ x: X, y, sampleWeights: [1, 1] })).toThrow(ShapeError);
      });

  test('errors of samples with an axis too many are refused beside weights', async () => {
    const loss = { ...losses.weighted, perSample: (x, t) => abs(sub(x, t)) } satisfies ModelOptions['loss'];
    const model = await Model.create(options({ loss }));
    const batch = { x: X, y: [[1], [2]], sampleWeights: [1, 1] };
    await expect(model.step(batch).loss.read()).rejects.toThrow(/\[2, 1\] from perSample/);
  });
});

describe('names of inputs and outputs', () => {
  const names = ['data', 'shape', 'x', 'y', 'xs', 'length', 'width', 'constructor', 'toString', '__proto__'];
  for (const name of names)
    test(`an input and an output called '${name}'`, async () => {
      const one = (value: unknown) => Object.fromEntries([[name, value]]);
      const inner = dense(1, { kernelInitializer: filled(1) });
      const model = await Model.create({
        ...options(),
        network: { name: 'net', forward: (scope, x) => Object.fromEntries([[name, scope.apply(inner, x)]]) },
        input: one([2]) as { [name: string]: number[] },
        loss: one(halfSquaredError()) as { [name: string]: ReturnType<typeof halfSquaredError> },
      } as ModelOptions);
      const x = one(X) as Inputs;
      const y = one([[3], [7]]) as Inputs;
      expect((await model.evaluate(x, y))['loss']).toBe(0);
      await model.fit(x, y, { ...quiet, metrics: [] });
      await model.fit({ [Symbol.iterator]: () => [{ x, y }][Symbol.iterator]() }, quiet);
      const all = await model.predictAll(x);
      expect(Object.keys(all)).toEqual([name]);
      expect([...batches({ x, y }, { size: 1 })]).toHaveLength(2);
      for (let i = 0; i < 3; i++) model.step({ x, y });
      await expect(model.evaluate(one([[1, 2, 3]]) as Inputs, y)).rejects.toThrow(DataError);
    });

  test('inputs called data and shape together, and a tensor for an input called data', async () => {
    const inner = dense(1, { kernelInitializer: filled(1) });
    const both = await Model.create({
      ...options(),
      network: { name: 'net', forward: (scope, a, b) => sub(scope.apply(inner, a), b ?? a) },
      input: { data: [2], shape: [1] },
    } as ModelOptions);
    expect((await both.predict({ data: X, shape: [[1], [2]] })).data).toEqual(Float32Array.of(2, 5));
    const one = await Model.create(options({ input: { data: [2] } }));
    expect((await one.predict({ shape: [2, 2], data: Float32Array.of(1, 2, 3, 4) })).data).toEqual(
      Float32Array.of(3, 7),
    );
    expect((await one.predict({ data: { shape: [2, 2], data: [1, 2, 3, 4] } })).data).toEqual(
      Float32Array.of(3, 7),
    );
  });
});

describe('what is wrong with samples is named with its place', () => {
  const cases: readonly (readonly [string, unknown, unknown, RegExp])[] = [
    ['a short row', [[1, 2], [3]], [[1], [2]], /an array of 1 at \[1\]\n.*'inputs'/],
    ['a text among targets', X, [[1], ['two']], /'two' at \[1, 0\]\n.*'targets'/],
    ['one sample without its axis', [1, 2], [[1]], /\[n, 2\].*got \[2\]\n.*'inputs'\n.*An array of samples/],
    ['nothing', undefined, [[1]], /got nothing\n.*'inputs'/],
    ['no samples', [], [], /at least one, got no samples\n.*'inputs'/],
    ['no samples of width 2', { shape: [0, 2], data: [] }, [], /no samples/],
    ['targets that are null', X, null, /got null\n.*'targets'/],
    ['too few targets', X, [[1]], /2 samples and 1 targets/],
    ['an image for a row', { width: 2, height: 2, data: new Uint8ClampedArray(16) }, [[1]], /\[2, 2, 4\]/],
    [
      'thousands of names',
      Object.fromEntries(Array.from({ length: 9999 }, (_, i) => [`n${i}`, X])),
      [[1]],
      /also input/,
    ],
  ];
  for (const [name, x, y, message] of cases)
    test(name, async () => {
      const model = await Model.create(options());
      const failure = await model.fit(x as Inputs, y as Inputs, quiet).catch((error: unknown) => error);
      expect(String(failure)).toMatch(message);
      expect(String(failure).length).toBeLessThan(2048);
      expect(model.stepCount).toBe(0);
    });

  test('of several inputs', async () => {
    const inner = dense(1);
    const model = await Model.create({
      ...options(),
      network: { name: 'net', forward: (scope, a, b) => sub(scope.apply(inner, a), b ?? a) },
      input: { left: [2], right: [1] },
    } as ModelOptions);
    await expect(model.predict({ left: X, right: [[1], [Number.NaN, 2]] } as Inputs)).rejects.toThrow(
      /'inputs\/right'/,
    );
    await expect(model.predict({ left: X, right: [[1]] })).rejects.toThrow(/1 of the input 'right'/);
  });
});

describe('batches', () => {
  const several = {
    x: { a: [[1], [2], [3]], b: { shape: [3], data: Uint8Array.of(4, 5, 6) } },
    y: [[1], [2], [3]],
  };
  test('of several inputs and outputs, with weights', () => {
    const given = { ...several, y: { p: [[1], [2], [3]], q: [7, 8, 9] }, sampleWeights: [1, 0, 2] };
    const found = [...batches(given, { size: 2 })];
    expect(found.map(({ x }) => [Array.from(x.a.data), Array.from(x.b.data), x.b.dtype])).toEqual([
      [[1, 2], [4, 5], 'uint8'],
      [[3], [6], 'uint8'],
    ]);
    expect(found.map(({ y }) => Array.from(y.q.data))).toEqual([[7, 8], [9]]);
    expect(found.map(({ sampleWeights }) => Array.from(sampleWeights?.data ?? []))).toEqual([[1, 0], [2]]);
  });

  test('shuffled, samples stay together', () => {
    for (const { x, y } of batches(several, { size: 2, shuffle: true, seed: 3 }))
      y.data.forEach((label, i) => {
        expect([x.a.data[i], x.b.data[i]]).toEqual([label, label + 3]);
      });
  });

  test('labels of 64 bits', () => {
    const [only] = batches({ x: [[1], [2]], y: BigInt64Array.of(3n, 4n) });
    expect(only?.y).toEqual({ shape: [2], dtype: 'int32', data: Int32Array.of(3, 4) });
  });

  test('in column layout', () => {
    const found = [
      ...batches(
        {
          x: [
            [1, 2, 3],
            [4, 5, 6],
          ],
          y: [[7, 8, 9]],
        },
        { size: 2, layout: 'column' },
      ),
    ];
    expect(found.map(({ x }) => [x.shape, Array.from(x.data)])).toEqual([
      [
        [2, 2],
        [1, 2, 4, 5],
      ],
      [
        [2, 1],
        [3, 6],
      ],
    ]);
  });

  test('of different numbers are refused by name', () => {
    expect(() => [...batches({ x: { a: [[1]], b: [[1], [2]] }, y: [[1]] })]).toThrow(
      /1 samples and 2 of x\/b/,
    );
    expect(() => [...batches({ x: [[1]], y: [[1]], sampleWeights: [1, 2] })]).toThrow(DataError);
    expect(() => [...batches({ x: [[1]], y: [[1]], sampleWeight: [1] } as never)]).toThrow(OptionError);
    expect(() => [...batches({ x: [[1], [2, 3]], y: [[1], [2]] })]).toThrow(/at \[1\]\n.*'x'/);
  });

  test('findLearningRate takes several inputs', async () => {
    const inner = dense(1);
    const model = await Model.create({
      ...options(),
      network: { name: 'net', forward: (scope, a, b) => sub(scope.apply(inner, a), b ?? a) },
      input: { a: [1], b: [1] },
    } as ModelOptions);
    const { tried } = await findLearningRate(
      model,
      { ...several, x: { ...several.x, b: [[4], [5], [6]] } },
      { steps: 5 },
    );
    expect(tried.length).toBeGreaterThan(0);
  });
});
