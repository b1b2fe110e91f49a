// Inputs that a unit answers to, where the answer is known: a linear unit's gradient is its weights, whatever the input.

import { cpu } from '@pullback/backend-cpu';
import { wasm } from '@pullback/backend-wasm';
import { DataError, OptionError, UnknownNameError } from '@pullback/core';
import { conv2d, dense, dropout, flatten, globalAveragePool, sequential, tanh } from '@pullback/layers';
import { meanSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { Model, maximizeActivation } from '@pullback/train';
import { describe, expect, test } from 'vitest';

const options = {
  loss: meanSquaredError(),
  optimizer: sgd({ learningRate: 0.1 }),
  dtype: 'float64',
  seed: 1,
} as const;
const rms = (w: readonly number[]) => Math.sqrt(w.reduce((sum, x) => sum + x * x, 0) / w.length);
const close = (found: ArrayLike<number>, expected: readonly number[]) => {
  expect(found.length).toBe(expected.length);
  expected.forEach((x, i) => {
    expect(found[i]).toBeCloseTo(x, 10);
  });
};

describe.each([
  ['cpu', cpu],
  ['wasm', wasm],
] as const)('on %s', (_, make) => {
  test('a linear unit asks for its weights, in each sample', async () => {
    const backend = make();
    const network = sequential(dropout(0.5), dense(2), tanh(), dense(2));
    const model = await Model.create({ ...options, network, input: [3], backend });
    await model.load({
      ...(await model.weights()),
      'network/1/kernel': { shape: [3, 2], data: [1, 3, 0, -4, 2, 0] },
    });
    const held = backend.statistics?.();
    const x = [
      [0, 0, 0],
      [1, -1, 0.5],
    ];
    const chosen = { path: '1', unit: 1, steps: 3, rate: 0.1 };
    const made = await maximizeActivation(
      model,
      {
        x,
        target: [
          [0, 0],
          [0, 0],
        ],
      },
      chosen,
    );
    const w = [3, -4, 0];
    const far = (3 * 0.1) / rms(w);
    expect(made.shape).toEqual([2, 3]);
    close(
      made.data,
      x.flatMap((row) => row.map((at, i) => at + far * (w[i] ?? 0))),
    );
    // decay: x <- 0.5 x + rate w / rms(w)
    const faded = await maximizeActivation(
      model,
      {
        x,
        target: [
          [0, 0],
          [0, 0],
        ],
      },
      { ...chosen, steps: 1, decay: 0.5 },
    );
    close(
      faded.data,
      x.flatMap((row) => row.map((at, i) => 0.5 * at + (0.1 / rms(w)) * (w[i] ?? 0))),
    );
    expect(backend.statistics?.()).toMatchObject({ buffers: held?.buffers, bindings: held?.bindings });
  });

  test('a feature map is averaged over its places, and what is made is answered to more', async () => {
    const network = sequential(conv2d(2, 3), tanh(), globalAveragePool(), flatten(), dense(1));
    const model = await Model.create({ ...options, network, input: [6, 6, 1], backend: make() });
    const x = Array.from({ length: 2 }, () =>
      Array.from({ length: 6 }, (_, i) => Array.from({ length: 6 }, (_, j) => [Math.sin(i + 2 * j)])),
    );
    const batch = { x, target: [[0], [0]] };
    const answer = async (at: typeof x | Awaited<ReturnType<typeof maximizeActivation>>) => {
      const { data, shape } = (await model.inspect({ ...batch, x: at })).value('1');
      const sums = [0, 0];
      data.forEach((y, i) => {
        if (i % 2 === 1)
          sums[Math.floor(i / (data.length / 2))] = (sums[Math.floor(i / (data.length / 2))] ?? 0) + y;
      });
      expect(shape).toEqual([2, 4, 4, 2]);
      return sums;
    };
    const before = await answer(x);
    const after = await answer(await maximizeActivation(model, batch, { path: '1', unit: 1 }));
    after.forEach((sum, i) => {
      expect(sum).toBeGreaterThan((before[i] ?? Infinity) + 1);
      expect(sum).toBeLessThanOrEqual(16); // tanh of each place is at most 1
    });
  });
});

describe('refusals', () => {
  const create = (input: number[]) =>
    Model.create({ ...options, network: sequential(dense(2), tanh()), input, backend: cpu() });
  const batch = { x: [[1, 2, 3]], target: [[0, 0]] };
  test('a unit beyond the output, a layer that there is not, samples of another shape', async () => {
    const model = await create([3]);
    await expect(maximizeActivation(model, batch, { path: '0', unit: 2 })).rejects.toThrow(
      /one of the 2 units of \[1, 2\]/,
    );
    await expect(maximizeActivation(model, batch, { path: 'dens', unit: 0 })).rejects.toThrow(
      UnknownNameError,
    );
    await expect(
      maximizeActivation(model, { ...batch, x: [[1, 2]] }, { path: '0', unit: 0 }),
    ).rejects.toThrow(DataError);
    for (const wrong of [{ steps: 0 }, { rate: 0 }, { decay: 1 }, { unit: -1 }, { unit: 0.5 }, { step: 3 }])
      await expect(maximizeActivation(model, batch, { path: '0', unit: 0, ...wrong })).rejects.toThrow(
        OptionError,
      );
  });
});
