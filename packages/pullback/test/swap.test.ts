import { builtins, cpu, createContainer, createModel, wasm } from 'pullback';
import { expect, test } from 'vitest';

const samples = Array.from({ length: 64 }, (_, i) => [Math.sin(i), Math.cos(3 * i), Math.sin(i * i)]);
const targets = samples.map(([a = 0, b = 0, c = 0]) => [a * b, Math.tanh(b - c)]);
const container = createContainer(builtins);
const make = (backend: 'cpu' | 'wasm', dtype: 'float32' | 'float64') =>
  createModel(container, {
    layers: [
      { type: 'dense', units: 9, activation: 'tanh' },
      { type: 'dropout', rate: 0.1 },
      { type: 'dense', units: 2 },
    ],
    input: [3],
    loss: 'meanSquaredError',
    optimizer: { type: 'adam', learningRate: 0.01 },
    backend,
    dtype,
    seed: 4,
  });
type Trained = Awaited<ReturnType<typeof make>>;
const train = (model: Trained, steps: number) => {
  for (let i = 0; i < steps; i++) model.step({ x: samples, y: targets });
};
const flat = async (model: Trained) =>
  Object.values(await model.weights()).flatMap(({ data }) => Array.from(data));

test('in float64 a training on wasm is that on cpu, bit for bit', async () => {
  const [one, other] = [await make('cpu', 'float64'), await make('wasm', 'float64')];
  for (const model of [one, other]) train(model, 40);
  expect(await flat(other)).toEqual(await flat(one));
});

for (const [from, to] of [
  ['cpu', 'wasm'],
  ['wasm', 'cpu'],
] as const)
  test(`50 steps on ${from} and 50 on ${to} are 100 on one, within 1e-4 in float32 and equal in float64`, async () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const [whole, swapped] = [await make(from, dtype), await make(from, dtype)];
      train(whole, 100);
      train(swapped, 50);
      await swapped.to(to === 'cpu' ? cpu() : wasm());
      expect(swapped.backend.name).toBe(to);
      train(swapped, 50);
      const [a, b] = [await flat(whole), await flat(swapped)];
      expect(b.length).toBe(a.length);
      if (dtype === 'float64') expect(b).toEqual(a);
      else b.forEach((x, i) => void expect(Math.abs(x - (a[i] ?? Number.NaN))).toBeLessThan(1e-4));
    }
  });
