import { cpu } from '@pullback/backend-cpu';
import { wasm } from '@pullback/backend-wasm';
import type { Backend } from '@pullback/core';
import { dense, dropout, sequential, sigmoid, tanh } from '@pullback/layers';
import { halfSquaredError, meanSquaredError } from '@pullback/losses';
import { adam, momentum } from '@pullback/optimizers';
import { Model } from '@pullback/train';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WebGpuBackend } from '../../src/index.ts';
import { open } from './open.ts';

let gpu: WebGpuBackend;
beforeAll(async () => {
  gpu = await open();
});
afterAll(() => gpu.dispose());

const makers: Readonly<Record<string, () => Backend>> = { cpu, wasm, webgpu: () => gpu };
const samples = Array.from({ length: 64 }, (_, i) => [Math.sin(i), Math.cos(3 * i), Math.sin(i * i)]);
const targets = samples.map(([a = 0, b = 0, c = 0]) => [a * b, Math.tanh(b - c)]);
const make = (backend: Backend) =>
  Model.create({
    network: sequential(dense(9), tanh(), dropout(0.1), dense(2)),
    input: [3],
    loss: meanSquaredError(),
    optimizer: adam({ learningRate: 0.01 }),
    backend,
    seed: 4,
  });
const train = (model: Model, steps: number) => {
  for (let i = 0; i < steps; i++) model.step({ x: samples, y: targets });
};
const flat = async (model: Model) =>
  Object.values(await model.weights()).flatMap(({ data }) => Array.from(data));

describe('slots, step count and random state go along', () => {
  for (const from of Object.keys(makers))
    for (const to of Object.keys(makers)) {
      if (from === to || (from !== 'webgpu' && to !== 'webgpu')) continue;
      test(`50 steps on ${from} and 50 on ${to} are 100 on ${from}, within 1e-4`, async () => {
        const [source = cpu, target = cpu] = [makers[from], makers[to]];
        const [whole, swapped] = [await make(source()), await make(source())];
        train(whole, 100);
        train(swapped, 50);
        await swapped.to(target());
        expect(swapped.backend.name).toBe(to);
        expect(swapped.stepCount).toBe(50);
        train(swapped, 50);
        const [a, b] = [await flat(whole), await flat(swapped)];
        b.forEach((value, i) => void expect(Math.abs(value - (a[i] ?? Number.NaN))).toBeLessThan(1e-4));
        whole.dispose();
        swapped.dispose();
      }, 60_000);
    }
});

test('XOR trains (tfjs#2837: it does not there)', async () => {
  const model = await Model.create({
    network: sequential(dense(2), sigmoid(), dense(1), sigmoid()),
    input: [2],
    loss: halfSquaredError(),
    optimizer: momentum({ learningRate: 0.5, momentum: 0.9 }),
    backend: gpu,
    seed: 7,
  });
  const x = [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ];
  const y = [[0], [1], [1], [0]];
  model.step({ x, y }, { times: 3000 });
  const { data } = await model.predict(x);
  y.forEach(([wanted = 0], i) => void expect(Math.abs((data[i] ?? Number.NaN) - wanted)).toBeLessThan(0.2));
}, 60_000);
