import { adam, dense, Model, sequential, softmaxCrossEntropy, tanh, type WasmBackend, wasm } from 'pullback';
import { expect, test } from 'vitest';

// Large enough for its products to be divided among threads.
const samples = Array.from({ length: 256 }, (_, i) =>
  Array.from({ length: 200 }, (_, j) => Math.sin(i * (j + 1))),
);
const labels = Int32Array.from({ length: 256 }, (_, i) => i % 10);

async function trained(backend: WasmBackend, steps: number) {
  const model = await Model.create({
    network: sequential(dense(128), tanh(), dense(10)),
    input: [200],
    loss: softmaxCrossEntropy(),
    optimizer: adam({ learningRate: 0.01 }),
    backend,
    seed: 3,
  });
  for (let i = 0; i < steps; i++) {
    model.step({ x: samples, y: labels });
    // Workers start in their own time; without a turn of the event loop they are never there.
    await new Promise((resolve) => setTimeout(resolve));
  }
  const numbers = Object.values(await model.weights()).flatMap(({ data }) => Array.from(data));
  return { model, numbers };
}

test('the page is cross-origin isolated', () => {
  expect(crossOriginIsolated).toBe(true);
  expect(typeof SharedArrayBuffer).toBe('function');
});

test('two threads compute the bits of one', async () => {
  const [alone, together] = [wasm(), wasm({ threads: 2 })];
  expect(together.pool?.size).toBe(2);
  expect(together.memory.memory.buffer).toBeInstanceOf(SharedArrayBuffer);
  // A step is begun without a worker that is not there: count those in which it was.
  let shared = 0;
  const { pool } = together;
  if (pool !== undefined) {
    // Whether it pays depends on the other work of the machine: here it is tried at every step.
    pool.always = true;
    const run = pool.run.bind(pool);
    pool.run = (...how) => {
      const did = run(...how);
      if (did) shared++;
      return did;
    };
  }
  const [one, two] = [await trained(alone, 60), await trained(together, 60)];
  expect(shared).toBeGreaterThan(0);
  expect(one.numbers.length).toBe(200 * 128 + 128 + 128 * 10 + 10);
  expect(one.numbers.every(Number.isFinite)).toBe(true);
  expect(two.numbers).toEqual(one.numbers);
  for (const { model } of [one, two]) model.dispose();
  for (const backend of [alone, together]) backend.dispose();
});
