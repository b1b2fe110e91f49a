import { CpuBackend, cpu } from '@pullback/backend-cpu';
import { DataError, OptionError, type Program } from '@pullback/core';
import { dense, sequential, sigmoid } from '@pullback/layers';
import { halfSquaredError } from '@pullback/losses';
import { accuracy } from '@pullback/metrics';
import { momentum, sgd } from '@pullback/optimizers';
import { type Callback, earlyStopping, type FitOptions, Model, reduceOnPlateau } from '@pullback/train';
import { describe, expect, test } from 'vitest';

const X = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const Y = [[0], [1], [1], [0]];
const make = (seed = 1, learningRate = 0.5) =>
  Model.create({
    network: sequential(dense(3), sigmoid(), dense(1)),
    input: [2],
    loss: halfSquaredError(),
    optimizer: momentum({ learningRate }),
    backend: cpu(),
    dtype: 'float64',
    seed,
  });
const quiet = { progress: false } as const;

describe('streams', () => {
  const batches = [0, 1, 2, 3].map((i) => ({ x: [X[i] ?? []], y: [Y[i] ?? []] }));
  test('batches of a stream train as the same batches in memory', async () => {
    const [a, c] = [await make(), await make()];
    await a.fit(X, Y, { epochs: 2, batchSize: 1, shuffle: false, ...quiet });
    const iterable = { [Symbol.iterator]: () => batches[Symbol.iterator]() };
    const [, record] = await c.fit(iterable, { epochs: 2, metrics: [accuracy()], ...quiet });
    expect(await c.weights()).toEqual(await a.weights());
    expect(Object.keys(record ?? {})).toEqual(['loss', 'accuracy']);
  });
  test('evaluate goes over a stream as over the same samples in memory', async () => {
    const model = await make();
    const metrics = [accuracy()];
    const whole = await model.evaluate(X, Y, { metrics });
    expect(await model.evaluate(batches, { metrics })).toEqual(whole);
    async function* later() {
      yield [X.slice(0, 3), Y.slice(0, 3), [1, 2, 3]] as const;
      yield { x: X.slice(3), y: Y.slice(3), sampleWeights: [4] };
    }
    const weighted = await model.evaluate(X, Y, { metrics, sampleWeights: [1, 2, 3, 4] });
    const streamed = await model.evaluate(later(), { metrics });
    expect(streamed['loss']).toBeCloseTo(weighted['loss'] ?? 0, 14);
    expect(streamed['accuracy']).toBe(weighted['accuracy']);
    expect(model.stepCount).toBe(0);
    await expect(model.evaluate(batches, { batchSize: 2 })).rejects.toThrow('batchSize beside a stream');
    await expect(model.evaluate(batches, { sampleWeights: [1] })).rejects.toThrow(
      'sampleWeights beside a stream',
    );
    await expect(model.evaluate([...batches, { x: [[1]], y: [[1]] }])).rejects.toThrow(/batch 4/);
    await expect(model.evaluate([][Symbol.iterator]())).rejects.toThrow('no batches');
    await expect(Reflect.apply(model.evaluate, model, [X])).rejects.toThrow('inputs without targets');
    await expect(Reflect.apply(model.evaluate, model, [batches, Y, {}])).rejects.toThrow(
      'targets beside a stream',
    );
  });
  test('an array of batches is a stream of them, in either words', async () => {
    const [a, c, d] = [await make(), await make(), await make()];
    await a.fit(X, Y, { epochs: 2, batchSize: 1, shuffle: false, ...quiet });
    await c.fit(batches, { epochs: 2, ...quiet });
    await d.fit(
      batches.map(({ x, y }) => ({ xs: x, ys: y })),
      { epochs: 2, ...quiet },
    );
    expect(await c.weights()).toEqual(await a.weights());
    expect(await d.weights()).toEqual(await a.weights());
    await expect(c.fit(batches, { validationSplit: 0.5, ...quiet })).rejects.toThrow(OptionError);
    await expect(c.fit([...batches, { x: [[1, 2, 3]], y: [[1]] }], quiet)).rejects.toThrow(/batch 4/);
  });
  test('validationData as an array of two, as an object in either words and as a stream', async () => {
    const whole = { x: X, y: Y };
    const weighted = { ...whole, sampleWeights: [1, 2, 3, 4] };
    const stream = { [Symbol.iterator]: () => batches[Symbol.iterator]() };
    async function* later() {
      yield* batches;
    }
    const figures = async (validationData: NonNullable<FitOptions['validationData']>) => {
      const model = await make();
      const history = await model.fit(X, Y, { epochs: 2, metrics: [accuracy()], validationData, ...quiet });
      return history.map((record) => [record['validation loss'] ?? 0, record['validation accuracy'] ?? 0]);
    };
    const wanted = await figures([X, Y]);
    expect(await figures(whole)).toEqual(wanted);
    expect(await figures({ xs: X, ys: Y })).toEqual(wanted);
    expect(await figures([X, Y, [1, 2, 3, 4]])).toEqual(await figures(weighted));
    expect(await figures(weighted)).not.toEqual(wanted);
    for (const found of [
      await figures(stream),
      await figures(batches),
      await figures({ [Symbol.asyncIterator]: later }),
    ])
      found.forEach((list, epoch) => {
        list.forEach((figure, i) => void expect(figure).toBeCloseTo(wanted[epoch]?.[i] ?? 0, 12));
      });
    await expect(figures({ x: X, y: [[1]] })).rejects.toThrow(/4 samples and 1 targets.*validationData/s);
    await expect(figures(later())).rejects.toThrow(/no batches/);
    await expect(figures([X] as never)).rejects.toThrow(OptionError);
  });
  test('a batchSize of more than there is takes all in one batch', async () => {
    const [a, b] = [await make(), await make()];
    expect(await a.fit(X, Y, { epochs: 2, batchSize: 100, ...quiet })).toEqual(
      await b.fit(X, Y, { epochs: 2, batchSize: 4, ...quiet }),
    );
    expect(a.stepCount).toBe(2);
  });
  test('an asynchronous stream whose batches differ in size', async () => {
    const model = await make();
    async function* stream() {
      yield { x: X.slice(0, 3), y: Y.slice(0, 3) };
      await new Promise((resolve) => setTimeout(resolve));
      yield { x: X.slice(3), y: Y.slice(3) };
    }
    const history = await model.fit(
      { [Symbol.asyncIterator]: stream },
      { epochs: 3, validationData: [X, Y], ...quiet },
    );
    expect(history).toHaveLength(3);
    expect(model.stepCount).toBe(6);
    expect(Object.keys(history[0] ?? {})).toEqual(['loss', 'validation loss']);
  });
  test('a generator that is used up is an error of its own', async () => {
    const model = await make();
    function* once() {
      yield* batches;
    }
    await expect(model.fit(once(), { epochs: 2, ...quiet })).rejects.toThrow(/no batches in epoch 2/);
  });
  test('a batch of another shape is refused when it comes', async () => {
    const model = await make();
    const wrong = { [Symbol.iterator]: () => [{ x: [[1, 2, 3]], y: [[1]] }][Symbol.iterator]() };
    await expect(model.fit(wrong, quiet)).rejects.toThrow(DataError);
  });
});

describe('callbacks', () => {
  test('are told of every epoch, step and end, in order', async () => {
    const model = await make();
    const told: string[] = [];
    const callback: Callback = {
      epochStart: ({ epoch }) => void told.push(`start ${epoch}`),
      step: ({ stepCount }) => void told.push(`step ${stepCount}`),
      epochEnd: (record, { epoch }) => void told.push(`end ${epoch} ${Object.keys(record).join()}`),
      fitEnd: (history) => void told.push(`fit ${history.length}`),
    };
    await model.fit(X, Y, { epochs: 2, batchSize: 3, callbacks: [callback], ...quiet });
    expect(told).toEqual([
      'start 1',
      'step 1',
      'step 2',
      'end 1 loss',
      'start 2',
      'step 3',
      'step 4',
      'end 2 loss',
      'fit 2',
    ]);
  });

  /** Sets the learning rate at the start of each epoch: 0 keeps the figures as they are, others change them. */
  const rates = (...learningRates: number[]): Callback => ({
    epochStart: (control) => {
      control.learningRate = learningRates[control.epoch - 1] ?? 0;
    },
  });

  test('early stopping ends after `patience` epochs without a better figure, with the best weights back', async () => {
    const model = await make();
    let best: unknown;
    const history = await model.fit(X, Y, {
      epochs: 20,
      batchSize: 4,
      callbacks: [
        rates(0.01, 0.01, 40, 40, 40, 40, 40),
        {
          epochEnd: async (_, { epoch }) => {
            if (epoch === 2) best = await model.weights();
          },
        },
        earlyStopping({ monitor: 'validation loss', patience: 2 }),
      ],
      validationData: [X, Y],
      ...quiet,
    });
    expect(history).toHaveLength(4);
    expect(await model.weights()).toEqual(best);
    expect(model.stepCount).toBe(2);
  });
  test('without restoring, the last weights stay', async () => {
    const model = await make();
    await model.fit(X, Y, {
      epochs: 5,
      batchSize: 4,
      callbacks: [
        rates(0.01, 0.01, 40, 40),
        earlyStopping({ monitor: 'loss', patience: 1, restoreBest: false }),
      ],
      ...quiet,
    });
    expect(model.stepCount).toBeGreaterThan(2);
  });
  test('a plateau multiplies the learning rate, down to the minimum, and nothing is compiled again', async () => {
    let compiled = 0;
    class Counting extends CpuBackend {
      override compile(program: Program) {
        compiled++;
        return super.compile(program);
      }
    }
    const model = await Model.create({
      network: sequential(dense(1)),
      input: [2],
      loss: halfSquaredError(),
      optimizer: sgd({ learningRate: 1e-30 }),
      backend: new Counting(),
    });
    await model.fit(X, Y, {
      epochs: 7,
      batchSize: 4,
      shuffle: false,
      callbacks: [reduceOnPlateau({ monitor: 'loss', patience: 2, factor: 0.5, minimum: 3e-31 })],
      ...quiet,
    });
    expect(model.learningRate).toBe(3e-31);
    expect(compiled).toBe(1);
  });
  test('an unknown monitor lists what there is', async () => {
    const model = await make();
    const fit = model.fit(X, Y, { callbacks: [earlyStopping({ monitor: 'acuracy' })], ...quiet });
    await expect(fit).rejects.toThrow("no figure of this fit is called 'acuracy'");
    expect(model.stepCount).toBe(0);
  });
  test('keep puts weights, slots, step and learning rate back', async () => {
    const [a, b] = [await make(), await make()];
    await a.fit(X, Y, { epochs: 3, ...quiet });
    const putBack = await a.keep();
    await a.fit(X, Y, { epochs: 3, ...quiet });
    a.learningRate = 7;
    await putBack();
    await b.fit(X, Y, { epochs: 3, ...quiet });
    expect([await a.weights(), a.stepCount, a.learningRate]).toEqual([
      await b.weights(),
      b.stepCount,
      b.learningRate,
    ]);
    await a.fit(X, Y, { epochs: 2, ...quiet });
    await b.fit(X, Y, { epochs: 2, ...quiet });
    expect(await a.weights()).toEqual(await b.weights());
  });
});

describe('an AbortSignal', () => {
  test('ends the fit between two steps; the model goes on from there', async () => {
    const model = await make();
    const controller = new AbortController();
    const fit = model.fit(X, Y, {
      epochs: 100,
      batchSize: 2,
      signal: controller.signal,
      callbacks: [
        {
          step: ({ stepCount }) => {
            if (stepCount === 5) controller.abort(new Error('enough'));
          },
        },
      ],
      ...quiet,
    });
    await expect(fit).rejects.toThrow('enough');
    expect(model.stepCount).toBe(5);
    await model.fit(X, Y, quiet);
    expect(model.stepCount).toBe(6);
  });
  test('that was aborted before, before the first step', async () => {
    const model = await make();
    await expect(model.fit(X, Y, { signal: AbortSignal.abort(), ...quiet })).rejects.toThrow();
    expect(model.stepCount).toBe(0);
  });
});

test('a learning rate that is no finite number is refused and changes nothing', async () => {
  const model = await make();
  expect(() => {
    model.learningRate = Number.NaN;
  }).toThrow(OptionError);
  expect(model.learningRate).toBe(0.5);
});

test('the last batch of another size counts as many samples as it has', async () => {
  const [one, two] = [await make(1, 0), await make(1, 0)];
  const whole = await one.fit(X, Y, { batchSize: 4, ...quiet });
  const parts = await two.fit(X, Y, { batchSize: 3, ...quiet });
  expect(parts[0]?.['loss']).toBeCloseTo(whole[0]?.['loss'] ?? 0, 14);
});

test('slots are read by the path of their weight', async () => {
  const model = await make();
  await model.fit(X, Y, quiet);
  const changes = await model.slots('change');
  expect(Object.keys(changes)).toEqual(Object.keys(await model.weights()));
  expect(await model.slots('nothing')).toEqual({});
});
