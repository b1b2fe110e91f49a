import { cpu } from '@pullback/backend-cpu';
import type { Backend } from '@pullback/core';
import { dense, relu, sequential } from '@pullback/layers';
import { softmaxCrossEntropy } from '@pullback/losses';
import { adam, sgd } from '@pullback/optimizers';
import { Model } from '@pullback/train';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { findAdapter, type WebGpuBackend, webgpu } from '../../src/index.ts';
import { countCalls } from './counts.ts';
import { asOnHardware, open } from './open.ts';

const x = {
  shape: [128, 784],
  dtype: 'float32',
  data: Float32Array.from({ length: 128 * 784 }, (_, i) => Math.sin(i * i) ** 2),
} as const;
const y = {
  shape: [128],
  dtype: 'int32',
  data: Int32Array.from({ length: 128 }, (_, i) => (i * 7) % 10),
} as const;

const mlp = (backend: Backend, optimizer = sgd({ learningRate: 0.1 })) =>
  Model.create({
    network: sequential(dense(128), relu(), dense(10)),
    input: [784],
    loss: softmaxCrossEntropy(),
    optimizer,
    backend,
    seed: 1,
  });

let device: GPUDevice;
beforeAll(async () => {
  (await open()).dispose();
  const adapter = await findAdapter();
  if (adapter === undefined) throw new Error('no adapter');
  device = await adapter.requestDevice();
});
afterAll(() => device.destroy());

for (const [how, options] of [
  ['as the adapter wants it', {}],
  ['as on a GPU', asOnHardware],
] as const)
  test(`a step of an MLP 784-128-10 on 128 samples, cut ${how}: few dispatches, one pass, one submit, nothing made`, async () => {
    const backend = await webgpu({ ...options, device });
    const model = await mlp(backend);
    const losses: number[] = [];
    for (let i = 0; i < 3; i++) losses.push(await model.step({ x, y }).loss.read());
    const reference = await mlp(cpu());
    for (const loss of losses)
      expect(Math.abs((await reference.step({ x, y }).loss.read()) - loss)).toBeLessThan(1e-5);

    // Other samples each time: both arrays have to be sent.
    const others = (i: number) => ({
      x: { ...x, data: x.data.map((value) => value + i) },
      y: { ...y, data: y.data.slice() },
    });
    await model.step(others(0)).loss.read();
    const { counts, reset, stop } = countCalls(device);
    try {
      for (let i = 1; i < 5; i++) {
        const other = others(i);
        reset();
        model.step(other);
        // What waits for its turn is submitted when others are done.
        while (counts.submit === 0) await device.queue.onSubmittedWorkDone();
        expect(counts.dispatchWorkgroups).toBeLessThanOrEqual(9);
        expect(counts.writeBuffer).toBeLessThanOrEqual(1);
        expect({ ...counts, dispatchWorkgroups: 0, writeBuffer: 0 }).toEqual({
          dispatchWorkgroups: 0,
          submit: 1,
          beginComputePass: 1,
          createBuffer: 0,
          allocatedBytes: 0,
          createBindGroup: 0,
          createPipelines: 0,
          createShaderModule: 0,
          writeBuffer: 0,
          mapAsync: 0,
        });
      }
      await device.queue.onSubmittedWorkDone();
      reset();
      // The same samples, many times: one submit for up to 50 steps, and nothing is sent.
      model.step({ x, y }, { times: 20 });
      while (counts.submit === 0) await device.queue.onSubmittedWorkDone();
      expect(counts.submit).toBe(1);
      expect(counts.beginComputePass).toBe(1);
      expect(counts.mapAsync + counts.createBuffer + counts.createBindGroup).toBe(0);
    } finally {
      stop();
    }
    expect(Number.isFinite(await model.step({ x, y }).loss.read())).toBe(true);
    model.dispose();
    backend.dispose();
  }, 60_000);

test('adam, and fit over batches of which the last is smaller, as on the reference', async () => {
  const backend: WebGpuBackend = await webgpu({ device });
  const [a, b] = [
    await mlp(backend, adam({ learningRate: 1e-3 })),
    await mlp(cpu(), adam({ learningRate: 1e-3 })),
  ];
  const records = [];
  for (const model of [a, b])
    records.push(await model.fit(x, y, { epochs: 2, batchSize: 50, progress: false, validationSplit: 0.2 }));
  const [got, wanted] = records.map((list) => list.flatMap((record) => Object.values(record)));
  expect(got?.length).toBe(4);
  got?.forEach((value, i) => {
    expect(Math.abs(value - (wanted?.[i] ?? Number.NaN))).toBeLessThan(1e-4);
  });
  a.dispose();
  backend.dispose();
}, 60_000);

test('a hundred steps in flight are as a hundred one after the other, bit for bit', async () => {
  const backend = await webgpu({ device });
  const [one, other] = [await mlp(backend), await mlp(backend)];
  for (let i = 0; i < 20; i++) one.step({ x, y });
  for (let i = 0; i < 20; i++) await other.step({ x, y }).loss.read();
  const [a, b] = [await one.weights(), await other.weights()];
  expect(a).toEqual(b);
  backend.dispose();
}, 60_000);
