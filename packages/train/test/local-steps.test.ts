import { CpuBackend } from '@pullback/backend-cpu';
import { OptionError, type Reducer } from '@pullback/core';
import { dense, sequential, tanh } from '@pullback/layers';
import { meanSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import {
  type LocalStepsOptions,
  localSteps,
  Model,
  type ModelOptions,
  simulatedRanks,
} from '@pullback/train';
import { describe, expect, test } from 'vitest';

const x = Array.from({ length: 24 }, (_, i) => [Math.sin(i), Math.cos(2 * i)]);
const y = x.map(([a = 0, b = 0]) => [a * b]);

const make = (reducer?: Reducer): ModelOptions => ({
  network: sequential(dense(4), tanh(), dense(1)),
  input: [2],
  loss: meanSquaredError(),
  optimizer: sgd({ learningRate: 0.2 }),
  backend: new CpuBackend(),
  dtype: 'float64',
  ...(reducer && { reducer }),
});

const numbersOf = async (model: Model) =>
  Object.values(await model.weights()).flatMap(({ data }) => [...data]);

/** Trains two ranks, each on its half of the samples. @returns the weights of each after every fit. */
function onHalves(options: LocalStepsOptions, fits: number, epochs: number) {
  return Promise.all(
    simulatedRanks(2).map(async (reducer) => {
      const model = await Model.create(make());
      const from = 12 * reducer.rank;
      const callbacks = [localSteps(model, reducer, options)];
      const all = [await numbersOf(model)];
      for (let i = 0; i < fits; i++) {
        const data = [x.slice(from, from + 12), y.slice(from, from + 12)] as const;
        await model.fit(...data, { epochs, batchSize: 12, shuffle: false, callbacks, progress: false });
        all.push(await numbersOf(model));
      }
      return all;
    }),
  );
}

/** The weights of one rank that trains alone from `start` for so many steps. */
async function alone(start: readonly number[], rank: number, steps: number) {
  const model = await Model.create(make());
  const own = await model.weights();
  let at = 0;
  const given = Object.entries(own).map(([path, { shape, data }]) => {
    at += data.length;
    return [path, { shape, data: Float64Array.from(start.slice(at - data.length, at)) }] as const;
  });
  await model.load(Object.fromEntries(given));
  const data = [x.slice(12 * rank, 12 * rank + 12), y.slice(12 * rank, 12 * rank + 12)] as const;
  await model.fit(...data, { epochs: steps, batchSize: 12, shuffle: false, progress: false });
  return numbersOf(model);
}

function expectClose(got: readonly number[] = [], wanted: readonly number[] = []) {
  expect(got.length).toBe(wanted.length);
  got.forEach((number, i) => {
    expect(Math.abs(number - (wanted[i] ?? Number.NaN))).toBeLessThan(1e-12);
  });
}

describe('local steps', () => {
  test('averaged after each are those of gradient descent on the whole batch', async () => {
    const whole = await Model.create(make());
    await whole.fit(x, y, { epochs: 5, batchSize: 24, shuffle: false, progress: false });
    const ranks = await onHalves({ every: 1, momentum: 0, learningRate: 1 }, 1, 5);
    for (const numbers of ranks) expectClose(numbers.at(-1), await numbersOf(whole));
  });

  test('make outer steps with momentum along the mean of what the ranks learned alone', async () => {
    const [momentum, rate] = [0.8, 0.5];
    const ranks = await onHalves({ every: 3, momentum, learningRate: rate }, 2, 3);
    expect(ranks[1]).toEqual(ranks[0]);
    let velocity: number[] = [];
    for (const [round, before] of (ranks[0] ?? []).slice(0, 2).entries()) {
      const [a, b] = [await alone(before, 0, 3), await alone(before, 1, 3)];
      const down = before.map((w, i) => w - ((a[i] ?? 0) + (b[i] ?? 0)) / 2);
      velocity = down.map((d, i) => momentum * (velocity[i] ?? 0) + d);
      const wanted = before.map((w, i) => w - rate * ((down[i] ?? 0) + momentum * (velocity[i] ?? 0)));
      expectClose(ranks[0]?.[round + 1], wanted);
    }
  });

  test('that are left at the end of a fit are averaged too', async () => {
    const [first, second] = await onHalves({ every: 100, momentum: 0, learningRate: 1 }, 1, 2);
    expect(second).toEqual(first);
    const start = first?.[0] ?? [];
    const [a, b] = [await alone(start, 0, 2), await alone(start, 1, 2)];
    expectClose(
      first?.[1],
      a.map((w, i) => (w + (b[i] ?? 0)) / 2),
    );
  });

  test('have options', async () => {
    const model = await Model.create(make());
    const [reducer] = simulatedRanks(1);
    if (reducer === undefined) return;
    expect(() => localSteps(model, reducer, { every: 0 })).toThrow(OptionError);
    expect(() => localSteps(model, reducer, { every: 1, momentum: 1 })).toThrow(OptionError);
  });
});
