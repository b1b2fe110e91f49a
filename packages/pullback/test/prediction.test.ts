import type { ModelOptions } from '@pullback/train';
import {
  cpu,
  defineLayer,
  dense,
  Model,
  mean,
  meanSquaredError,
  relu,
  sequential,
  sgd,
  softmax,
  wasm,
} from 'pullback';
import { describe, expect, test } from 'vitest';

const numbers = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i * i));
const create = (more: Partial<ModelOptions>) =>
  Model.create({
    network: sequential(dense(9), relu(), dense(3), softmax()),
    input: [5],
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: cpu(),
    seed: 3,
    ...more,
  });

describe('predict in batches gives what all samples at once give', () => {
  for (const [name, backend] of [
    ['cpu', cpu],
    ['wasm', wasm],
  ] as const)
    for (const dtype of ['float32', 'float64'] as const)
      for (const layout of ['row', 'column'] as const)
        test(`${name}, ${dtype}, samples in ${layout}s`, async () => {
          const model = await create({ backend: backend(), dtype, layout });
          for (const count of [1, 2, 255, 256, 257, 600]) {
            const shape = layout === 'row' ? [count, 5] : [5, count];
            const x = { shape, data: numbers(5 * count) };
            const whole = await model.predict(x, { batchSize: count });
            expect(whole.shape).toEqual(layout === 'row' ? [count, 3] : [3, count]);
            for (const batchSize of [256, 7]) {
              const found = await model.predict(x, batchSize === 256 ? {} : { batchSize });
              expect(found.shape).toEqual(whole.shape);
              // Very small Programs of wasm round float32 products once more or less, and lanes run along the samples of a column.
              const rounded = layout === 'column' || batchSize < 256;
              if (name === 'wasm' && dtype === 'float32' && rounded)
                found.data.forEach(
                  (y, i) => void expect(Math.abs(y - (whole.data[i] ?? 0))).toBeLessThan(4e-7),
                );
              else expect(found.data).toEqual(whole.data);
            }
          }
        });

  test('of several inputs and outputs', async () => {
    const inner = dense(2);
    const network = {
      name: 'two',
      forward: (scope, a, b) => ({ p: scope.apply(inner, a), q: b ?? a }),
    } satisfies ModelOptions['network'];
    const model = await create({
      network,
      input: { a: [3], b: [1] },
      loss: { p: meanSquaredError(), q: meanSquaredError() },
    });
    const x = {
      a: { shape: [10, 3], data: numbers(30) },
      b: { shape: [10, 1], data: Uint8Array.from({ length: 10 }, (_, i) => i) },
    };
    const { p, q } = await model.predictAll(x, { batchSize: 3 });
    expect({ p, q }).toEqual(await model.predictAll(x));
    expect(Array.from(q?.data ?? [])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('an output of all samples together is computed of all of them', async () => {
    const network = defineLayer('together', (_, x) => mean(x, { axis: 0, keepAxis: true }));
    const model = await create({ network });
    const x = { shape: [300, 5], data: numbers(1500) };
    const whole = await model.predict(x, { batchSize: 300 });
    expect(whole.shape).toEqual([1, 5]);
    expect(await model.predict(x)).toEqual(whole);
  });
});

test('memory depends on the batch and not on the number of samples, and there is one Program', async () => {
  const backend = cpu();
  const model = await create({ backend });
  const options = { batchSize: 256 };
  await model.predict({ shape: [256, 5], data: numbers(1280) }, options);
  const before = backend.statistics();
  await model.predict({ shape: [5000, 5], data: numbers(25000) }, options);
  expect(backend.statistics().bytes).toBe(before.bytes);
  expect(backend.statistics().programs).toBe(before.programs);
});

test('where nobody says how many at once, few are one batch, and of many some 8 MiB at a time', async () => {
  const backend = wasm();
  const model = await create({ backend, network: dense(1), input: [64] });
  const bytesAfter = async (count: number) => {
    const y = await model.predict({ shape: [count, 64], data: new Float32Array(count * 64) });
    expect(y.shape).toEqual([count, 1]);
    return backend.statistics().bytes;
  };
  const [one, few] = [await bytesAfter(1), await bytesAfter(2000)];
  expect(few - one).toBeGreaterThanOrEqual(2000 * 65 * 4);
  const [many, most] = [await bytesAfter(60_000), await bytesAfter(120_000)];
  expect(many - few).toBeLessThan(1.1 * 2 ** 23);
  expect(most - many).toBeLessThan(1.1 * 2 ** 23);
});

test('a signal ends it between two batches, and the event loop has its turns', async () => {
  const model = await create({ backend: cpu(), network: sequential(dense(400), dense(400), dense(3)) });
  const ending = new AbortController();
  const reason = new Error('enough');
  setTimeout(() => ending.abort(reason), 5);
  const x = { shape: [20_000, 5], data: numbers(100_000) };
  await expect(model.predict(x, { signal: ending.signal })).rejects.toBe(reason);
  await expect(model.predict(x, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  await expect(model.predict(x, { batchsize: 3 } as object)).rejects.toThrow(/batchSize/);
  expect((await model.predict({ shape: [1, 5], data: numbers(5) })).shape).toEqual([1, 3]);
});
