import { CpuBackend } from '@pullback/backend-cpu';
import { OptionError, UnsupportedError } from '@pullback/core';
import {
  batchNorm,
  dense,
  dropout,
  l2,
  layerNorm,
  mixup,
  regularized,
  sequential,
  tanh,
} from '@pullback/layers';
import { halfSquaredError, meanSquaredError, softmaxCrossEntropy } from '@pullback/losses';
import { adam, sgd } from '@pullback/optimizers';
import {
  Model,
  type ModelOptions,
  privateGradients,
  quiet,
  sampledBatches,
  simulatedRanks,
} from '@pullback/train';
import { describe, expect, test } from 'vitest';

const x = Array.from({ length: 6 }, (_, i) => [Math.sin(i), Math.cos(3 * i), i / 5]);
const y = x.map(([a = 0, b = 0, c = 0]) => [a * b - c, 3 * (a + b)]);
const turned = (rows: readonly (readonly number[])[]) =>
  (rows[0] ?? []).map((_, k) => rows.map((row) => row[k] ?? 0));

const make = (more: Partial<ModelOptions> = {}) =>
  Model.create({
    network: sequential(dense(4), tanh(), layerNorm(), dense(2)),
    input: [3],
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 1 }),
    backend: new CpuBackend(),
    dtype: 'float64',
    seed: 4,
    progress: quiet,
    ...more,
  });

const flat = async (model: Model) => Object.values(await model.weights()).flatMap(({ data }) => [...data]);

/** The step that plain descent of rate 1 makes on a batch: minus the gradient. */
async function stepOn(model: Model, batch: Parameters<Model['step']>[0]): Promise<number[]> {
  const before = await flat(model);
  await model.step(batch).loss.read();
  return (await flat(model)).map((w, i) => w - (before[i] ?? 0));
}

/** sum_i s_i min(1, C / |s_i|), of the steps that a model without privacy makes on every sample alone. */
async function clippedSum(
  clip: number,
  more: Partial<ModelOptions>,
  batches: Parameters<Model['step']>[0][],
) {
  let sum: number[] = [];
  const factors: number[] = [];
  for (const batch of batches) {
    const step = await stepOn(await make(more), batch);
    const factor = Math.min(1, clip / Math.hypot(...step));
    factors.push(factor);
    sum = step.map((s, i) => (sum[i] ?? 0) + factor * s);
  }
  // Some are clipped and some are not.
  expect(factors.some((factor) => factor < 1)).toBe(true);
  expect(factors.some((factor) => factor === 1)).toBe(true);
  return sum;
}

function expectClose(got: readonly number[], wanted: readonly number[]) {
  expect(got.length).toBe(wanted.length);
  got.forEach((number, i) => {
    expect(Math.abs(number - (wanted[i] ?? Number.NaN))).toBeLessThan(1e-12);
  });
}

describe('gradients of samples, each clipped', () => {
  const cases: readonly [string, Partial<ModelOptions>, number][] = [
    ['of a mean', {}, 14],
    ['of a sum', { loss: halfSquaredError() }, 14],
    ['of samples in columns', { layout: 'column', network: sequential(dense(4), tanh(), dense(2)) }, 3],
  ];
  test.each(cases)('%s are those of steps on each of them alone', async (_, more, clip) => {
    const turn = more.layout === 'column' ? turned : (rows: number[][]) => rows;
    const alone = x.map((row, i) => ({ x: turn([row]), y: turn([y[i] ?? []]) }));
    const sum = await clippedSum(clip, more, alone);
    const model = await make({ ...more, sampleGradients: privateGradients({ clip, noise: 0 }) });
    const size = more.loss === undefined ? x.length : 1;
    expectClose(
      await stepOn(model, { x: turn(x), y: turn(y) }),
      sum.map((s) => s / size),
    );
  });

  test('of labels, with weights of samples, over the size of a lot; penalties are not clipped', async () => {
    const labels = Int32Array.of(0, 1, 1, 0, 1, 0);
    const weights = [1, 0, 1, 3, 0, 1];
    const network = sequential(dense(4), tanh(), dense(2));
    const more = { loss: softmaxCrossEntropy(), network };
    const alone = x.map((row, i) => ({
      x: [row],
      y: labels.slice(i, i + 1),
      sampleWeights: weights.slice(i, i + 1),
    }));
    const clip = 0.8;
    const sum = await clippedSum(clip, more, alone);
    const lot = 2.5;
    const rule = privateGradients({ clip, noise: 0, lot });
    const batch = { x, y: labels, sampleWeights: weights };
    expectClose(
      await stepOn(await make({ ...more, sampleGradients: rule }), batch),
      sum.map((s) => s / lot),
    );
    const penalised = sequential(regularized(dense(4), l2(0.3)), tanh(), dense(2));
    const model = await make({ ...more, network: penalised, sampleGradients: rule });
    const before = await model.weights();
    const step = await stepOn(model, batch);
    const decay = Object.entries(before).flatMap(([path, { data }]) =>
      Array.from(data, (w) => (path === 'network/0/kernel' ? -2 * 0.3 * w : 0)),
    );
    expectClose(
      step,
      sum.map((s, i) => s / lot + (decay[i] ?? 0)),
    );
  });

  test('train under dropout', async () => {
    const model = await make({
      network: sequential(dense(16), tanh(), dropout(0.5), dense(2)),
      optimizer: adam({ learningRate: 0.03 }),
      sampleGradients: privateGradients({ clip: 1, noise: 0.01, seed: 1 }),
    });
    const history = await model.fit(x, y, { epochs: 60, batchSize: 6 });
    expect(history.at(-1)?.['loss']).toBeLessThan((history[0]?.['loss'] ?? 0) / 2);
  });
});

describe('noise', () => {
  const many = { network: dense(4000), input: [3] };
  const batch = { x, y: x.map(() => new Array<number>(4000).fill(0)), sampleWeights: x.map(() => 0) };
  const noisy = async (seed?: number) => {
    const rule = { clip: 2, noise: 3, lot: 4, ...(seed !== undefined && { seed }) };
    const model = await make({ ...many, sampleGradients: privateGradients(rule) });
    return [await stepOn(model, batch), await stepOn(model, batch)] as const;
  };

  test('has the standard deviation C s / L at every weight, anew in every step', async () => {
    const [first, second] = await noisy(7);
    expect(first).toHaveLength(16_000);
    for (const step of [first, second]) {
      const variance = step.reduce((sum, z) => sum + z * z, 0) / step.length;
      // Five standard deviations of the variance of 16,000 numbers.
      expect(Math.abs(variance / ((2 * 3) / 4) ** 2 - 1)).toBeLessThan(5 * Math.sqrt(2 / 16_000));
    }
    const shared = first.reduce((sum, z, i) => sum + z * (second[i] ?? 0), 0) / first.length / 1.5 ** 2;
    expect(Math.abs(shared)).toBeLessThan(5 / Math.sqrt(16_000));
    expect((await noisy(7))[0]).toEqual(first);
    expect((await noisy(8))[0]).not.toEqual(first);
    expect((await noisy())[0]).not.toEqual((await noisy())[0]);
  });

  test('is another one in every model that has the same privateGradients', async () => {
    const sampleGradients = privateGradients({ clip: 2, noise: 3, lot: 4 });
    const [a, b] = [await make({ ...many, sampleGradients }), await make({ ...many, sampleGradients })];
    expect(await stepOn(a, batch)).not.toEqual(await stepOn(b, batch));
  });
});

describe('refused are', () => {
  const sampleGradients = privateGradients({ clip: 1, noise: 1 });
  test('layers in which samples meet', async () => {
    for (const network of [sequential(dense(4), batchNorm(), dense(2)), sequential(mixup(), dense(2))]) {
      const model = await make({ network, sampleGradients });
      await expect(model.fit(x, y, { batchSize: 6 })).rejects.toThrow(UnsupportedError);
    }
  });

  test('several ranks, parts of batches, and options that cannot be', async () => {
    for (const [ranks, words] of [
      [simulatedRanks(2), 'of 2 ranks'],
      [simulatedRanks(1, { parts: 2 }), 'of 1 rank and 2 parts'],
    ] as const)
      for (const reducer of ranks) await expect(make({ sampleGradients, reducer })).rejects.toThrow(words);
    for (const wrong of [
      { clip: 0, noise: 1 },
      { clip: 1, noise: -1 },
      { clip: 1, noise: 1, lot: 0 },
    ])
      expect(() => privateGradients(wrong)).toThrow(OptionError);
  });
});

describe('sampled batches', () => {
  test('take every sample with the same probability, anew in every batch and epoch, and have one size', () => {
    const data = { x: Float64Array.from({ length: 500 }, (_, i) => i), y: new Float64Array(500) };
    const batches = sampledBatches(
      { x: { shape: [500, 1], data: data.x }, y: data.y },
      { rate: 0.1, steps: 200, seed: 3 },
    );
    const taken = [...batches].map(({ x: { data: places }, sampleWeights }) =>
      Array.from(places).filter((_, i) => sampleWeights?.data[i] === 1),
    );
    expect(taken).toHaveLength(200);
    const counts = new Int32Array(500);
    for (const each of taken) {
      expect(new Set(each).size).toBe(each.length);
      for (const place of each) counts[place] = (counts[place] ?? 0) + 1;
    }
    const total = counts.reduce((a, b) => a + b, 0);
    expect(Math.abs(total / 100_000 - 0.1)).toBeLessThan(5 * Math.sqrt(0.09 / 100_000));
    // Chi squared over 499 degrees of freedom, five standard deviations.
    const chi = counts.reduce((sum, n) => sum + (n - 20) ** 2 / 18, 0);
    expect(Math.abs(chi - 500)).toBeLessThan(5 * Math.sqrt(1000));
    expect(new Set(taken.map(({ length }) => length)).size).toBeGreaterThan(5);
    expect(new Set([...batches].map((batch) => batch.x.shape[0])).size).toBe(1);
    expect([...batches].map((batch) => batch.x.data[0])).not.toEqual(taken.map(([place]) => place));
  });

  test.each([
    [1000, 0.001],
    [10_000, 0.00001],
    [500, 0.1],
    [2000, 0.9],
  ])('have room for all that come of %d samples at a rate of %d, but once in 10^14', (count, rate) => {
    const data = { x: { shape: [count, 1], data: new Float64Array(count) }, y: new Float64Array(count) };
    const [batch] = sampledBatches(data, { rate, steps: 1, seed: 1 });
    const size = batch?.x.shape[0] ?? 0;
    // P(more than size) of the binomial distribution, term by term.
    let [logTerm, tail] = [count * Math.log1p(-rate), 0];
    for (let k = 0; k < count; k++) {
      logTerm += Math.log(((count - k) * rate) / ((k + 1) * (1 - rate)));
      if (k + 1 > size) tail += Math.exp(logTerm);
    }
    expect(size).toBeGreaterThan(count * rate);
    expect(tail).toBeLessThan(1e-14);
  });

  test('are all samples at a rate of 1, and what a fit takes', async () => {
    const all = sampledBatches({ x, y }, { rate: 1 });
    expect([...all].map(({ sampleWeights }) => [...(sampleWeights?.data ?? [])])).toEqual([
      [1, 1, 1, 1, 1, 1],
    ]);
    const model = await make({ sampleGradients: privateGradients({ clip: 1, noise: 0.1, lot: 3 }) });
    await model.fit(sampledBatches({ x, y }, { rate: 0.5 }), { epochs: 2 });
    expect(model.stepCount).toBe(4);
    expect(() => sampledBatches({ x, y, sampleWeights: x.map(() => 1) }, { rate: 0.5 })).toThrow(
      'weights of samples',
    );
    expect(() => sampledBatches({ x, y }, { rate: 0 })).toThrow(OptionError);
  });
});
