import { cpu } from '@pullback/backend-cpu';
import type { Backend, Layer, Tensor, Value } from '@pullback/core';
import * as layers from '@pullback/layers';
import { sequential } from '@pullback/layers';
import { meanSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { Model } from '@pullback/train';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAdapter, type WebGpuBackend, webgpu } from '../../src/index.ts';
import { countCalls } from './counts.ts';
import { open } from './open.ts';
import { farthest, floats, integers } from './run.ts';

interface Case {
  readonly layer: () => Layer<readonly [Value]>;
  /** A batch of three, or its indices. */
  readonly x?: Tensor;
  /** The dispatches of a step, forward, backward and update: what fits into few workgroups is done in one. */
  readonly dispatches: number;
}

const image = floats([3, 6, 5, 4]);
const volume = floats([3, 4, 3, 4, 2]);
const sequence = floats([3, 3, 4]);
const words = integers([3, 3], 7);

const cases: Readonly<Record<string, Case>> = {
  conv1d: { layer: () => layers.conv1d(3, 2, { padding: 'same' }), x: sequence, dispatches: 3 },
  conv2d: { layer: () => layers.conv2d(6, 3, { strides: 2, padding: 'same' }), dispatches: 3 },
  'conv2d in groups': { layer: () => layers.conv2d(6, [2, 3], { groups: 2, dilation: 2 }), dispatches: 3 },
  conv3d: { layer: () => layers.conv3d(3, 2), x: volume, dispatches: 3 },
  depthwiseConv: { layer: () => layers.depthwiseConv(3, { multiplier: 2 }), dispatches: 3 },
  separableConv: { layer: () => layers.separableConv(3, 2), dispatches: 3 },
  convTranspose: { layer: () => layers.convTranspose(3, 3, { strides: 2 }), dispatches: 3 },
  maxPool: { layer: () => layers.maxPool(2), dispatches: 2 },
  averagePool: { layer: () => layers.averagePool(3, { strides: 2, padding: 'same' }), dispatches: 2 },
  globalMaxPool: { layer: () => layers.globalMaxPool(), dispatches: 2 },
  globalAveragePool: { layer: () => layers.globalAveragePool(), dispatches: 2 },
  adaptiveMaxPool: { layer: () => layers.adaptiveMaxPool([4, 2]), dispatches: 2 },
  adaptiveAveragePool: { layer: () => layers.adaptiveAveragePool(3), dispatches: 2 },
  'upsampling, nearest': { layer: () => layers.upsampling(2), dispatches: 2 },
  'upsampling, bilinear': { layer: () => layers.upsampling(2, { method: 'bilinear' }), dispatches: 2 },
  zeroPadding: { layer: () => layers.zeroPadding(1), dispatches: 2 },
  cropping: { layer: () => layers.cropping(1), dispatches: 2 },
  batchNorm: { layer: () => layers.batchNorm(), dispatches: 3 },
  layerNorm: { layer: () => layers.layerNorm(), dispatches: 3 },
  groupNorm: { layer: () => layers.groupNorm(2), dispatches: 3 },
  instanceNorm: { layer: () => layers.instanceNorm(), dispatches: 3 },
  rmsNorm: { layer: () => layers.rmsNorm(), dispatches: 3 },
  randomFlip: { layer: () => layers.randomFlip(), dispatches: 3 },
  randomShift: { layer: () => layers.randomShift(1), dispatches: 3 },
  randomCrop: { layer: () => layers.randomCrop(4), dispatches: 3 },
  cutout: { layer: () => layers.cutout(2), dispatches: 3 },
  dropout: { layer: () => layers.dropout(0.4), dispatches: 3 },
  checkpoint: {
    layer: () => layers.checkpoint(layers.conv2d(3, 2, { activation: layers.gelu })),
    dispatches: 3,
  },
  embedding: { layer: () => layers.embedding(7, 4, { paddingIndex: 1 }), x: words, dispatches: 2 },
  simpleRnn: { layer: () => layers.simpleRnn(3), x: sequence, dispatches: 3 },
  lstm: { layer: () => layers.lstm(3), x: sequence, dispatches: 3 },
  gru: { layer: () => layers.gru(3, { returns: 'last', reverse: true }), x: sequence, dispatches: 5 },
  bidirectional: {
    layer: () => layers.bidirectional(layers.gru(2), layers.gru(2)),
    x: sequence,
    dispatches: 7,
  },
  multiHeadAttention: {
    layer: () => layers.multiHeadAttention(2, { causal: true }),
    x: sequence,
    dispatches: 5,
  },
  'multiHeadAttention by blocks': {
    layer: () => layers.multiHeadAttention(2, { causal: true, block: 2 }),
    x: sequence,
    dispatches: 5,
  },
  learnedPositions: { layer: () => layers.learnedPositions(3), x: sequence, dispatches: 3 },
  transformerBlock: {
    layer: () => layers.transformerBlock(2, { units: 3, causal: true }),
    x: sequence,
    dispatches: 7,
  },
};

let device: GPUDevice;
let backend: WebGpuBackend;
beforeAll(async () => {
  (await open()).dispose();
  const adapter = await findAdapter();
  if (adapter === undefined) throw new Error('no adapter');
  device = await adapter.requestDevice();
  backend = await webgpu({ device });
});
afterAll(() => {
  backend.dispose();
  device.destroy();
});

/** The layer between weights of its own, so that its gradient at its input counts too. */
async function trained(on: Backend, { layer, x = image }: Case) {
  const before = x.dtype === 'int32' ? [] : [layers.dense(x.shape.at(-1) ?? 1)];
  const model = await Model.create({
    network: sequential(...before, layer(), layers.dense(2)),
    input: x.shape.slice(1),
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: on,
    seed: 3,
  });
  const { shape } = await model.predict(x);
  const batch = { x, y: floats(shape, 5) };
  const losses = [];
  for (let i = 0; i < 3; i++) losses.push(await model.step(batch).loss.read());
  return { model, batch, losses, predicted: await model.predict(x), weights: await model.weights() };
}

describe('layers train as on the reference, in so many dispatches a step', () => {
  for (const [name, each] of Object.entries(cases))
    test(name, async () => {
      const [got, wanted] = [await trained(backend, each), await trained(cpu(), each)];
      expect(farthest(got.losses, wanted.losses)).toBeLessThan(1e-5);
      expect(farthest([...got.predicted.data], [...wanted.predicted.data])).toBeLessThan(1e-5);
      for (const [path, { data }] of Object.entries(wanted.weights))
        expect(farthest([...(got.weights[path]?.data ?? [])], [...data]), path).toBeLessThan(1e-5);

      const { counts, stop } = countCalls(device);
      got.model.step(got.batch);
      while (counts.submit === 0) await device.queue.onSubmittedWorkDone();
      stop();
      expect(counts.dispatchWorkgroups).toBe(each.dispatches);
      got.model.dispose();
      wanted.model.dispose();
    });
});
