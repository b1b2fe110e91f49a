import { cpu } from '@pullback/backend-cpu';
import {
  add,
  CycleError,
  concatenate,
  DataError,
  DisposedError,
  defineLayer,
  type Layer,
  NonFiniteError,
  OptionError,
  ShapeError,
  sigmoid as sigmoidOf,
  sub,
  type TensorLike,
  UnknownNameError,
  type Value,
} from '@pullback/core';
import { dense, relu, sequential, sigmoid, softmax, uniformly } from '@pullback/layers';
import { categoricalCrossEntropy, halfSquaredError, softmaxCrossEntropy } from '@pullback/losses';
import { accuracy } from '@pullback/metrics';
import { momentum, sgd } from '@pullback/optimizers';
import { Model, type ModelOptions } from '@pullback/train';
import { describe, expect, test } from 'vitest';

const X = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const XOR = [[0], [1], [1], [0]];
const base = (options: Partial<ModelOptions> = {}): ModelOptions => ({
  network: sequential(dense(3), sigmoid(), dense(1), sigmoid()),
  input: [2],
  loss: halfSquaredError(),
  optimizer: momentum({ learningRate: 0.5 }),
  backend: cpu(),
  dtype: 'float64',
  seed: 3,
  ...options,
});
const data = (like: { readonly data: ArrayLike<number> } | undefined) => Array.from(like?.data ?? []);

test('XOR is learned, and predict, evaluate and fit agree', async () => {
  const model = await Model.create(
    base({
      network: sequential(
        dense(3, { kernelInitializer: uniformly({ low: -1, high: 1 }) }),
        sigmoid(),
        dense(1),
        sigmoid(),
      ),
    }),
  );
  const history = await model.fit(X, XOR, { epochs: 1500, batchSize: 4, progress: false });
  const { loss } = await model.evaluate(X, XOR);
  expect(history).toHaveLength(1500);
  expect(loss).toBeLessThan(0.02);
  data(await model.predict(X)).forEach((y, i) => {
    expect(Math.abs(y - (XOR[i]?.[0] ?? 0))).toBeLessThan(0.2);
  });
});

test('the same seed gives the same weights, another seed others; a second model in the process changes nothing', async () => {
  const run = async (seed: number) => {
    const model = await Model.create(base({ seed }));
    await model.fit(X, XOR, { epochs: 3, batchSize: 3, progress: false });
    return (await model.weights())['network/0/kernel'];
  };
  const [a, b, c] = [await run(1), await run(1), await run(2)];
  expect(data(a)).toEqual(data(b));
  expect(data(a)).not.toEqual(data(c));
});

test('(4.2) a row-layout run equals the transposed column-layout run, step by step', async () => {
  const network = () => sequential(dense(3), sigmoid(), dense(2), softmax());
  const T = [
    [0, 1],
    [1, 0],
    [0.5, 0.5],
    [1, 0],
  ];
  const flip = (rows: readonly (readonly number[])[]) =>
    rows[0]?.map((_, j) => rows.map((row) => row[j] ?? 0)) ?? [];
  const loss = categoricalCrossEntropy({ reduction: 'sum' });
  const row = await Model.create(base({ network: network(), loss }));
  const column = await Model.create(base({ network: network(), loss, layout: 'column' }));
  for (let step = 0; step < 10; step++) {
    const [a, b] = [row.step({ x: X, y: T }), column.step({ x: flip(X), y: flip(T) })];
    expect(await b.loss.read()).toBeCloseTo(await a.loss.read(), 13);
  }
  const [w, v] = [await row.weights(), await column.weights()];
  const [kernel, other] = [w['network/0/kernel'], v['network/0/kernel']];
  expect([kernel?.shape, other?.shape]).toEqual([
    [2, 3],
    [3, 2],
  ]);
  data(kernel).forEach((value, i) => {
    const [p, q] = [Math.floor(i / 3), i % 3];
    expect(data(other)[q * 2 + p]).toBeCloseTo(value, 13);
  });
});

describe('moving to another backend', () => {
  test('50 + 50 steps in float64 equal 100 steps; slots, step and weights go along', async () => {
    const [stay, move] = [await Model.create(base()), await Model.create(base())];
    stay.step({ x: X, y: XOR }, { times: 100 });
    move.step({ x: X, y: XOR }, { times: 50 });
    await move.to(cpu());
    move.step({ x: X, y: XOR }, { times: 50 });
    expect(await move.weights()).toEqual(await stay.weights());
    expect(move.stepCount).toBe(100);
  });
  test('float64 to float32 and back keeps what float32 holds', async () => {
    const model = await Model.create(base());
    model.step({ x: X, y: XOR });
    const before = await model.weights();
    await model.to(cpu(), { dtype: 'float32' });
    await model.to(cpu(), { dtype: 'float64' });
    for (const [path, { data: own }] of Object.entries(await model.weights()))
      expect(data({ data: own })).toEqual(data(before[path]).map(Math.fround));
  });
  test('when it fails, the model goes on where it was', async () => {
    const model = await Model.create(base());
    const narrow = Object.assign(cpu(), { dtypes: ['float32'] as const });
    await expect(model.to(narrow)).rejects.toThrow(/float64 on the backend 'cpu'/);
    expect(await model.step({ x: X, y: XOR }).loss.read()).toBeGreaterThan(0);
  });
});

describe('steps that take their samples in turn', () => {
  const parts = (size: number) =>
    Array.from({ length: 4 / size }, (_, i) => ({
      x: X.slice(i * size, (i + 1) * size),
      y: XOR.slice(i * size, (i + 1) * size),
    }));
  test.each([1, 2, 4])('of %i samples are the steps on those samples, to the last bit', async (batchSize) => {
    const [one, many] = [await Model.create(base()), await Model.create(base())];
    const last = one.step({ x: X, y: XOR }, { times: 14, batchSize });
    const batches = parts(batchSize);
    let loss: ReturnType<Model['step']>['loss'] | undefined;
    for (let i = 0; i < 14; i++) {
      const batch = batches[i % batches.length];
      if (batch !== undefined) loss = many.step(batch).loss;
    }
    expect(await last.loss.read()).toBe(await loss?.read());
    expect(await one.weights()).toEqual(await many.weights());
  });
  test('the next call goes on with the samples that come next, and weights go with their samples', async () => {
    const [one, many] = [await Model.create(base()), await Model.create(base())];
    const sampleWeights = [1, 2, 0.5, 3];
    one.step({ x: X, y: XOR, sampleWeights }, { times: 3, batchSize: 1 });
    one.step({ x: X, y: XOR, sampleWeights }, { times: 2, batchSize: 1 });
    for (const i of [0, 1, 2, 3, 0])
      many.step({ x: [X[i] ?? []], y: [XOR[i] ?? []], sampleWeights: [sampleWeights[i] ?? 0] });
    expect(await one.weights()).toEqual(await many.weights());
  });
  test('in column layout, too', async () => {
    const flip = (rows: readonly (readonly number[])[]) =>
      rows[0]?.map((_, j) => rows.map((row) => row[j] ?? 0)) ?? [];
    const [row, column] = [await Model.create(base()), await Model.create(base({ layout: 'column' }))];
    const [a, b] = [
      row.step({ x: X, y: XOR }, { times: 7, batchSize: 2 }),
      column.step({ x: flip(X), y: flip(XOR) }, { times: 7, batchSize: 2 }),
    ];
    expect(await b.loss.read()).toBeCloseTo(await a.loss.read(), 13);
  });
  test.each([
    [3, /divides 4.*steps of 3 samples from 4/s],
    [0, /a whole number from 1 up as 'batchSize' of step, got 0/],
    [1.5, /'batchSize' of step, got 1.5/],
    [5, /batches of 5 from 4/],
  ])('a size of %d is refused, and no step is counted', async (batchSize, message) => {
    const model = await Model.create(base());
    expect(() => model.step({ x: X, y: XOR }, { batchSize })).toThrow(message);
    expect(model.stepCount).toBe(0);
  });
});

test('states are read by path, and go to another backend', async () => {
  const counted = defineLayer('counted', (scope, x: Value) => {
    const count = scope.state('count', [], () => Float64Array.of(5));
    count.set(add(count.value, 1));
    return scope.apply(dense(1), x);
  });
  const model = await Model.create(base({ network: counted }));
  const count = async () => (await model.states())['network/count'];
  expect(await count()).toEqual({ shape: [], data: Float64Array.of(5) });
  model.step({ x: X, y: XOR }, { times: 3 });
  expect(data(await count())).toEqual([8]);
  await model.to(cpu());
  model.step({ x: X, y: XOR });
  expect(data(await count())).toEqual([9]);
});

test('(after 2.6) one step of sgd is W - eta grad E, to the last bit', async () => {
  const model = await Model.create(
    base({ optimizer: sgd({ learningRate: 0.25 }), network: sequential(dense(2), sigmoid(), dense(1)) }),
  );
  const before = await model.weights();
  const report = await model.inspect({ x: X, target: XOR });
  await model.step({ x: X, y: XOR }).loss.read();
  for (const [path, { data: after }] of Object.entries(await model.weights())) {
    const gradient = data(report.gradient(path));
    expect(data({ data: after })).toEqual(data(before[path]).map((w, i) => w - 0.25 * (gradient[i] ?? 0)));
  }
});

test('labels and one-hot targets give the same loss; accuracy counts; bytes stay bytes until they are cast', async () => {
  const make = () =>
    Model.create(base({ network: sequential(dense(3)), loss: softmaxCrossEntropy(), dtype: 'float32' }));
  const [a, b] = [await make(), await make()];
  const bytes = { shape: [4, 2], data: Uint8Array.from([0, 0, 0, 1, 1, 0, 1, 1]) };
  const labels = Uint8Array.of(0, 2, 1, 2);
  const hot = [
    [1, 0, 0],
    [0, 0, 1],
    [0, 1, 0],
    [0, 0, 1],
  ];
  expect(await a.evaluate(bytes, labels, { metrics: [accuracy()] })).toEqual(
    await b.evaluate(X, hot, { metrics: [accuracy()] }),
  );
});

describe('layers in graphs', () => {
  test('skip links: the inputs reach the output unit too', async () => {
    const [hidden, output] = [dense(1, { name: 'hidden' }), dense(1, { name: 'output' })];
    const network = defineLayer('xor', (scope, x: Value) => {
      const h = sigmoidOf(scope.apply(hidden, x));
      return sigmoidOf(scope.apply(output, concatenate([x, h])));
    });
    const model = await Model.create(base({ network }));
    expect(Object.keys(await model.weights())).toEqual([
      'network/hidden/kernel',
      'network/hidden/bias',
      'network/output/kernel',
      'network/output/bias',
    ]);
    expect((await model.weights())['network/output/kernel']?.shape).toEqual([3, 1]);
  });
  test('a layer used twice shares its weights, and both uses send it gradients', async () => {
    const shared = dense(2, { bias: false });
    const model = await Model.create(
      base({ network: sequential(shared, shared, dense(1)), optimizer: sgd({ learningRate: 1 }) }),
    );
    expect(Object.keys(await model.weights())).toEqual([
      'network/0/kernel',
      'network/2/kernel',
      'network/2/bias',
    ]);
  });
  test('a layer used on two widths is refused by name', async () => {
    const shared = dense(3);
    await expect(Model.create(base({ network: sequential(shared, shared) }))).rejects.toThrow(
      /expected \[2, 3\], as it was first made in dense 'network\/0', got \[3, 3\] wanted for 'network\/0\/kernel'/,
    );
  });
  test('a layer inside itself is refused', async () => {
    const loop: Layer<readonly [Value]> = defineLayer('loop', (scope, x: Value) => scope.apply(loop, x));
    await expect(Model.create(base({ network: loop }))).rejects.toThrow(CycleError);
  });
  test('several inputs by name', async () => {
    const network = defineLayer('both', (scope, a: Value, b: Value) =>
      scope.apply(dense(1), concatenate([a, b])),
    );
    const model = await Model.create(base({ network, input: { image: [2], age: [1] } }));
    const x = { image: X, age: [[1], [2], [3], [4]] };
    await model.fit(x, XOR, { progress: false });
    expect((await model.predict(x)).shape).toEqual([4, 1]);
    await expect(model.predict({ image: X })).rejects.toThrow(/also age/);
  });
});

describe('bad input is refused before anything changes', () => {
  const cases: readonly [string, TensorLike, TensorLike, RegExp][] = [
    ['no samples', { shape: [0, 2], data: new Float32Array() }, [], /no samples/],
    ['another width', [[1, 2, 3]], [[1]], /n samples of \[2\], got \[1, 3\]/],
    ['another number of targets', X, [[1]], /got 4 samples and 1 targets/],
    [
      'a target of another shape',
      X,
      [
        [1, 2],
        [1, 2],
        [1, 2],
        [1, 2],
      ],
      /expected \[4, 1\], as the prediction is, got a target of \[4, 2\]/,
    ],
    ['ragged arrays', [[1, 2], [3]], XOR, /ragged/],
  ];
  for (const [name, x, y, message] of cases)
    test(name, async () => {
      const model = await Model.create(base());
      const before = await model.weights();
      await expect(model.fit(x, y, { batchSize: 1, progress: false })).rejects.toThrow(message);
      expect(await model.weights()).toEqual(before);
    });
  test('an odd size, a bad learning rate, a name with a slash', async () => {
    const model = await Model.create(base());
    await expect(model.fit(X, XOR, { batchSize: 1.5 })).rejects.toThrow(OptionError);
    expect(() => sgd({ learningRate: -1 })).toThrow(/'learningRate' of sgd, got -1/);
    await expect(Model.create(base({ network: sequential(dense(1, { name: 'a/b' })) }))).rejects.toThrow(
      OptionError,
    );
  });
  test('a label out of range', async () => {
    const model = await Model.create(base({ network: sequential(dense(3)), loss: softmaxCrossEntropy() }));
    await expect(model.fit(X, [0, 1, 3, 2], { batchSize: 1 })).rejects.toThrow(
      /whole numbers from 0 to 2, got the label 3 of sample 2/,
    );
    await expect(model.fit(X, [0, 1, 0.5, 2], { batchSize: 1 })).rejects.toThrow(DataError);
  });
  test('a loss that is no number', async () => {
    const loss = { name: 'vector', reduction: 'sum', forward: (x: Value, t: Value) => sub(x, t) } as const;
    const model = await Model.create(base({ loss }));
    expect(() => model.step({ x: X, y: XOR })).toThrow(ShapeError);
    expect(model.stepCount).toBe(0);
  });
  test('weights of another shape or name leave all as it was', async () => {
    const model = await Model.create(base());
    const before = await model.weights();
    const wrong = { ...before, 'network/2/bias': { shape: [2], data: new Float64Array(2) } };
    await expect(model.load(wrong)).rejects.toThrow(ShapeError);
    await expect(
      model.load({ 'network/0/kernle': { shape: [1], data: new Float64Array(1) } }),
    ).rejects.toThrow(UnknownNameError);
    await expect(model.load({})).rejects.toThrow(/no weights for network\/0\/kernel/);
    expect(await model.weights()).toEqual(before);
  });
  test('a disposed model', async () => {
    const model = await Model.create(base());
    model.dispose();
    model.dispose();
    expect(() => model.step({ x: X, y: XOR })).toThrow(DisposedError);
    await expect(model.predict(X)).rejects.toThrow(DisposedError);
  });
});

test('load puts weights back, also a part', async () => {
  const [a, b] = [await Model.create(base()), await Model.create(base({ seed: 9 }))];
  await b.load(await a.weights(), { prefix: 'network/0' });
  expect(data((await b.weights())['network/0/kernel'])).toEqual(
    data((await a.weights())['network/0/kernel']),
  );
  expect(data((await b.weights())['network/2/kernel'])).not.toEqual(
    data((await a.weights())['network/2/kernel']),
  );
  await b.load(await a.weights());
  expect(await b.weights()).toEqual(await a.weights());
});

describe('the hunt for NaN', () => {
  test('NaN in the data is named', async () => {
    const model = await Model.create(base({ checkFinite: true }));
    const step = model.step({
      x: [
        [0, 1],
        [Number.NaN, 0],
      ],
      y: [[0], [1]],
    });
    await expect(step.loss.read()).rejects.toThrow(/NaN at \[1, 0\] in 'x\/0', at step/);
  });
  test('the node that made an infinity is named, with its layer', async () => {
    const network = sequential(
      dense(2),
      defineLayer('blow', (_, x: Value) => sub(x, Infinity)),
      relu(),
    );
    const model = await Model.create(base({ network, loss: halfSquaredError() }));
    const checked = await Model.create(base({ network, checkFinite: true }));
    const y = [
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
    ];
    await model.fit(X, y, { progress: false });
    await expect(checked.fit(X, y, { progress: false })).rejects.toThrow(NonFiniteError);
    await expect(checked.fit(X, y, { progress: false })).rejects.toThrow(/network/);
  });
});

test('a step that failed is reported once, and the model goes on', async () => {
  const model = await Model.create(base({ checkFinite: true }));
  const before = await model.weights();
  model.step({ x: [[Number.NaN, 0]], y: [[0]] });
  await expect(model.weights()).rejects.toThrow(NonFiniteError);
  expect(await model.weights()).toEqual(before);
  expect(model.stepCount).toBe(0);
  expect(await model.step({ x: X, y: XOR }).loss.read()).toBeGreaterThan(0);
});

test('a pending loss is the loss of its own step, or says that it is gone', async () => {
  const model = await Model.create(base());
  const first = model.step({ x: X, y: XOR });
  const second = model.step({ x: X, y: XOR });
  await expect(first.loss.read()).rejects.toThrow(/before the next step/);
  expect(await second.loss.read()).toBeGreaterThan(0);
});

test('validation data are kept out of training', async () => {
  const model = await Model.create(base());
  const [record] = await model.fit(X, XOR, { validationSplit: 0.5, progress: false });
  expect(Object.keys(record ?? {})).toEqual(['loss', 'validation loss']);
});

test('the summary', async () => {
  const model = await Model.create(base());
  expect(model.summary()).toBe(
    [
      'path       layer       output  weights',
      '---------  ----------  ------  -------',
      'network/0  dense       [1, 3]  9',
      'network/1  sigmoid     [1, 3]  0',
      'network/2  dense       [1, 1]  4',
      'network/3  sigmoid     [1, 1]  0',
      'network    sequential  [1, 1]  0',
      '13 weights',
    ].join('\n'),
  );
});
