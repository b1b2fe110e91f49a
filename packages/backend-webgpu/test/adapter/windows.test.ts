import type { ConvolutionOptions, Tensor, Value } from '@pullback/core';
import * as core from '@pullback/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { findAdapter, type WebGpuBackend, webgpu } from '../../src/index.ts';
import { countCalls } from './counts.ts';
import { asOnHardware, open } from './open.ts';
import { farthest, floats, meant, run } from './run.ts';

interface Case {
  readonly x: readonly number[];
  readonly kernel: readonly number[];
  readonly options: ConvolutionOptions;
  /** The dispatches of forward and both gradients: what fits into few workgroups is done in one. */
  readonly dispatches: number;
}

/** Padding is read through bounds from 32 columns on, else copied. */
const cases: Readonly<Record<string, Case>> = {
  'with as many channels as make no copy': {
    x: [2, 5, 6, 33],
    kernel: [3, 3, 33, 40],
    options: { padding: 'same' },
    dispatches: 1,
  },
  'in tiles of workgroup memory': {
    x: [2, 8, 8, 64],
    kernel: [2, 2, 64, 64],
    options: { padding: 'same' },
    dispatches: 2,
  },
  'of few channels': { x: [2, 6, 5, 3], kernel: [3, 2, 3, 5], options: { padding: 'same' }, dispatches: 1 },
  'by steps, with dilation': {
    x: [1, 9, 8, 2],
    kernel: [2, 3, 2, 4],
    options: {
      strides: 2,
      dilation: [2, 1],
      padding: [
        [1, 0],
        [0, 2],
      ],
    },
    dispatches: 1,
  },
  'in groups': { x: [2, 4, 4, 4], kernel: [2, 2, 2, 6], options: { groups: 2 }, dispatches: 1 },
  'of each channel by itself': {
    x: [2, 5, 5, 6],
    kernel: [3, 3, 1, 6],
    options: { groups: 6, padding: 'same' },
    dispatches: 1,
  },
};

function graph(options: ConvolutionOptions) {
  return (...given: Value[]): Value[] => {
    const [x, kernel, slope] = given as [Value, Value, Value];
    const y = core.convolution(x, kernel, options);
    return [y, ...core.gradient(core.sum(core.mul(y, slope)), [x, kernel])];
  };
}

for (const [how, tuned] of [
  ['as the adapter wants it', {}],
  ['as on a GPU', asOnHardware],
] as const)
  describe(`convolution and its gradients, kernels cut ${how}`, () => {
    let backend: WebGpuBackend;
    beforeAll(async () => {
      backend = await open(tuned);
    });
    afterAll(() => backend.dispose());
    for (const [name, { x, kernel, options }] of Object.entries(cases))
      test(name, async () => {
        const shape = core.convolution(core.zeros(x), core.zeros(kernel), options).shape;
        const given: Tensor[] = [floats(x), floats(kernel, 1), floats(shape, 2)];
        const [got, wanted] = [await run(backend, given, graph(options)), meant(given, graph(options))];
        got.forEach((numbers, i) => {
          expect(numbers.length).toBe(wanted[i]?.length);
          expect(farthest(numbers, wanted[i] ?? []), `output ${i}`).toBeLessThan(2e-6);
        });
      });
  });

test('max pooling and its gradient', async () => {
  const backend = await open({});
  const f = (...given: Value[]): Value[] => {
    const [x, slope] = given as [Value, Value];
    const y = core.max(core.windows(x, { axes: [1, 2], size: [2, 3], step: [2, 1] }), { axis: [-2, -1] });
    return [y, ...core.gradient(core.sum(core.mul(y, slope)), [x])];
  };
  const given = [floats([2, 6, 5, 3]), floats([2, 3, 3, 3], 1)];
  const [got, wanted] = [await run(backend, given, f), meant(given, f)];
  for (const [i, numbers] of got.entries()) expect(farthest(numbers, wanted[i] ?? [])).toBeLessThan(1e-6);
  backend.dispose();
});

test('dispatches of a step are counted', async () => {
  (await open()).dispose();
  const device = await (await findAdapter())?.requestDevice();
  if (device === undefined) throw new Error('no adapter');
  const backend = await webgpu({ device });
  const counted = countCalls(device);
  for (const [name, { x, kernel, options, dispatches }] of Object.entries(cases)) {
    const shape = core.convolution(core.zeros(x), core.zeros(kernel), options).shape;
    const given = [floats(x), floats(kernel, 1), floats(shape, 2)];
    counted.reset();
    await run(backend, given, graph(options));
    expect([name, counted.counts.dispatchWorkgroups]).toEqual([name, dispatches]);
  }
  counted.stop();
  backend.dispose();
  device.destroy();
});
