// What a fit leaves behind: files of the model, lines of figures; and what callbacks are told.
import { mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@pullback/backend-cpu';
import { OptionError, UnknownNameError } from '@pullback/core';
import { dense, sequential, sigmoid } from '@pullback/layers';
import { halfSquaredError } from '@pullback/losses';
import { accuracy } from '@pullback/metrics';
import { momentum } from '@pullback/optimizers';
import {
  type Callback,
  csvLogger,
  learningRateScheduler,
  Model,
  modelCheckpoint,
  terminateOnNaN,
} from '@pullback/train';
import { describe, expect, test } from 'vitest';

const X = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const Y = [[0], [1], [1], [0]];
const options = (learningRate = 0.5) =>
  ({
    network: sequential(dense(3), sigmoid(), dense(1)),
    input: [2],
    loss: halfSquaredError(),
    optimizer: momentum({ learningRate }),
    backend: cpu(),
    dtype: 'float64',
    seed: 1,
  }) as const;
const make = (learningRate?: number) => Model.create(options(learningRate));
const quiet = { progress: false } as const;
const folder = () => mkdtemp(join(tmpdir(), 'recording-'));

describe('modelCheckpoint', () => {
  test('a file for each epoch goes on as the fit does', async () => {
    const at = await folder();
    const model = await make();
    const place = (epoch: number) => join(at, `${epoch}.safetensors`);
    await model.fit(X, Y, { epochs: 3, batchSize: 2, callbacks: [modelCheckpoint(place)], ...quiet });
    const again = await Model.load(place(1), options());
    await again.fit(X, Y, { epochs: 2, batchSize: 2, ...quiet });
    expect(await again.weights()).toEqual(await model.weights());
    expect((await readdir(at)).sort()).toEqual(['1.safetensors', '2.safetensors', '3.safetensors']);
  });
  test('every so many epochs; only the best by a figure that the fit has', async () => {
    const [losses, saved, each]: [number[], number[], number[]] = [[], [], []];
    const at = await folder();
    const to = (list: number[]) => (epoch: number) => {
      list.push(epoch);
      return join(at, 'model.safetensors');
    };
    const model = await make(9);
    const history = await model.fit(X, Y, {
      epochs: 6,
      callbacks: [
        modelCheckpoint(to(saved), { best: true, monitor: 'loss' }),
        modelCheckpoint(to(each), { every: 4 }),
      ],
      ...quiet,
    });
    let best = Infinity;
    for (const [i, { loss = Number.NaN }] of history.entries()) {
      if (loss < best) losses.push(i + 1);
      best = Math.min(best, loss);
    }
    expect(losses.length).toBeLessThan(6);
    expect(saved).toEqual(losses);
    expect(each).toEqual([4]);
    const callbacks = [modelCheckpoint(join(at, 'a'), { best: true, monitor: 'acuracy' })];
    await expect(model.fit(X, Y, { callbacks, ...quiet })).rejects.toThrow(UnknownNameError);
    expect(model.stepCount).toBe(6);
  });
});

test('csvLogger writes what fit gives back, a line for each epoch', async () => {
  let text = '';
  const stream = {
    write: async (more: string) => {
      text += more;
    },
  };
  const model = await make();
  const history = await model.fit(X, Y, {
    epochs: 2,
    metrics: [accuracy()],
    validationData: [X, Y],
    callbacks: [csvLogger(stream)],
    ...quiet,
  });
  const [names, ...rows] = text.trimEnd().split('\n');
  expect(names).toBe('epoch,learningRate,loss,accuracy,validation loss,validation accuracy');
  expect(rows.map((row) => row.split(',').map(Number))).toEqual(
    history.map((record, i) => [i + 1, 0.5, ...Object.values(record)]),
  );
});

test('terminateOnNaN ends the fit after the first epoch whose loss is no number', async () => {
  const model = await make(1e200);
  const history = await model.fit(X, Y, { epochs: 9, callbacks: [terminateOnNaN()], ...quiet });
  const finite = history.map(({ loss = Number.NaN }) => Number.isFinite(loss));
  expect(finite.indexOf(false)).toBe(history.length - 1);
  expect(history.length).toBeLessThan(9);
});

test('learningRateScheduler sets the rate before each epoch, from the one before', async () => {
  const asked: [number, number][] = [];
  const seen: number[] = [];
  const scheduler = learningRateScheduler((epoch, before) => {
    asked.push([epoch, before]);
    return before / 2;
  });
  const look: Callback = { step: ({ learningRate }) => void seen.push(learningRate) };
  const model = await make(8);
  await model.fit(X, Y, { epochs: 2, batchSize: 2, callbacks: [scheduler, look], ...quiet });
  expect(asked).toEqual([
    [1, 8],
    [2, 4],
  ]);
  expect(seen).toEqual([4, 4, 2, 2]);
  expect(model.learningRate).toBe(2);
});

test('the figures so far, and the model, in a callback', async () => {
  const model = await make(0);
  const losses = await Promise.all(X.map((x, i) => model.evaluate([x], [Y[i] ?? []])));
  const each = losses.map(({ loss = Number.NaN }) => loss);
  const seen: unknown[] = [];
  const look: Callback = {
    epochStart: async ({ figures }) => void seen.push(await figures()),
    step: async ({ figures }) => void seen.push((await figures())['loss']),
    fitEnd: async ([record], control) => {
      expect(await control.figures()).toEqual(record);
      expect(await control.model.predict(X)).toEqual(await model.predict(X));
      expect(await control.model.evaluate(X, Y)).toEqual(await model.evaluate(X, Y));
    },
  };
  await model.fit(X, Y, { batchSize: 1, shuffle: false, callbacks: [look], ...quiet });
  // The loss sums over samples.
  const sums = each.map((_, i) => each.slice(0, i + 1).reduce((a, b) => a + b));
  expect(seen).toEqual([{}, ...sums.map((sum) => expect.closeTo(sum, 14))]);
});

test('what they do not take is refused when they are made', () => {
  const js = (f: (...given: never[]) => unknown, ...given: unknown[]) =>
    expect(() => Reflect.apply(f, undefined, given));
  js(modelCheckpoint).toThrow("as 'place' of modelCheckpoint, got nothing");
  js(modelCheckpoint, { place: 'a' }).toThrow('It stands before the options: modelCheckpoint(place');
  js(modelCheckpoint, 'a', { patience: 1 }).toThrow("modelCheckpoint has no option 'patience'");
  js(modelCheckpoint, 'a', { every: 0 }).toThrow(OptionError);
  js(csvLogger, 'log.csv').toThrow("a stream of text, with write as 'stream' of csvLogger, got 'log.csv'");
  js(learningRateScheduler, 0.1).toThrow("'rate' of learningRateScheduler, got 0.1");
});
