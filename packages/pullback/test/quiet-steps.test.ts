import { PerformanceObserver } from 'node:perf_hooks';
import { wasm } from '@pullback/backend-wasm';
import { describe, expect, test } from 'vitest';
import { dense, halfSquaredError, Model, sequential, sgd, sigmoid, tensor } from '../src/index.ts';

const x = tensor(Float32Array.of(0, 0, 0, 1, 1, 0, 1, 1), { shape: [4, 2] });
const y = tensor(Float32Array.of(0, 1, 1, 0), { shape: [4, 1] });

async function xorOn(backend = wasm()) {
  const model = await Model.create({
    network: sequential(dense(2), sigmoid(), dense(1), sigmoid()),
    input: [2],
    loss: halfSquaredError(),
    optimizer: sgd({ learningRate: 0.5 }),
    seed: 2,
    backend,
  });
  await model.step({ x, y }).loss.read();
  return { model, backend };
}

describe('steps after the first', () => {
  test('are one call each, or one for many, and allocate nothing on the backend', async () => {
    const { model, backend } = await xorOn();
    const before = backend.statistics();
    for (let i = 0; i < 50; i++) model.step({ x, y });
    expect(backend.statistics()).toEqual({ ...before, calls: (before.calls ?? 0) + 50 });
    model.step({ x, y }, { times: 100_000 });
    expect(backend.statistics()).toEqual({ ...before, calls: (before.calls ?? 0) + 51 });
  });

  test('100,000 of them leave memory as it was, and the collector nearly nothing to do', async () => {
    const { model, backend } = await xorOn();
    const collections: number[] = [];
    const observer = new PerformanceObserver((list) => collections.push(list.getEntries().length));
    observer.observe({ entryTypes: ['gc'] });
    for (let i = 0; i < 10_000; i++) model.step({ x, y });
    const memory = backend.memory.memory.buffer.byteLength;
    await new Promise((resolve) => setTimeout(resolve, 20));
    collections.length = 0;
    const heap = process.memoryUsage().heapUsed;
    for (let i = 0; i < 100_000; i++) model.step({ x, y });
    await new Promise((resolve) => setTimeout(resolve, 20));
    observer.disconnect();
    // Small ones alone: a step makes the few objects that the caller asked for.
    expect(collections.reduce((sum, n) => sum + n, 0)).toBeLessThan(60);
    expect(process.memoryUsage().heapUsed - heap).toBeLessThan(32 * 2 ** 20);
    expect(backend.memory.memory.buffer.byteLength).toBe(memory);
  });
});
