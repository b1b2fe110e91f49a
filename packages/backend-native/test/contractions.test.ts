import { cpu } from '@pullback/backend-cpu';
import {
  type Backend,
  compile,
  contract,
  gradient,
  mul,
  RandomStream,
  sum,
  transpose,
  type Value,
  type WindowOptions,
  windows,
} from '@pullback/core';
import { expect, test } from 'vitest';
import { native } from '../src/index.ts';
import { describeNative } from './available.ts';
import { cache } from './folder.ts';

const shapes = {
  images: [3, 7, 6, 5],
  kernel: [3, 2, 5, 33],
  left: [4, 3, 17],
  right: [3, 17, 4, 9],
  long: [600, 3],
  // So many channels that they are read as vectors, where windows are in place and where zeros are around them.
  wide: [2, 8, 9, 20],
  filters: [3, 2, 20, 18],
};

type Given = [Value, Value, Value, Value, Value, Value, Value];

/** Filters moved over padded images, with steps and dilation: the result and both gradients, which read windows and zeros as factors of products. */
function convolved(images: Value, kernel: Value, options: Omit<WindowOptions, 'axes' | 'size'>): Value[] {
  const seen = windows(images, { axes: [1, 2], size: [3, 2], ...options });
  // Samples 0, places 1 and 2, channels 3, window 4 and 5, filters 6.
  const y = contract(seen, kernel, { a: [0, 1, 2, 3, 4, 5], b: [4, 5, 3, 6], out: [0, 1, 2, 6] });
  return [y, ...gradient(sum(mul(y, y)), [images, kernel])];
}

const around: WindowOptions['padding'] = [
  [1, 1],
  [1, 0],
];

const f = (...[images, kernel, left, right, long, wide, filters]: Given) => [
  ...convolved(wide, filters, {}),
  ...convolved(wide, filters, { padding: around }),
  ...convolved(wide, filters, { step: 2, padding: around }),
  ...convolved(images, kernel, { padding: around }),
  ...convolved(images, kernel, {
    step: 2,
    padding: [
      [2, 1],
      [0, 3],
    ],
  }),
  ...convolved(images, kernel, { dilation: [2, 1] }),
  // Several axes of every role: batch 0, inner 1 and 2.
  contract(left, transpose(right, [2, 0, 1, 3]), { a: [0, 1, 2], b: [0, 1, 2, 3], out: [0, 3] }),
  contract(left, right, { a: [4, 1, 2], b: [1, 2, 0, 3], out: [4, 3, 0] }),
  // In several passes over the inner axis, and one row or column.
  contract(long, long, { a: [0, 1], b: [0, 2], out: [1, 2] }),
  contract(long, long, { a: [0, 1], b: [2, 1], out: [0, 2] }),
];

async function results(backend: Backend, dtype: 'float32' | 'float64') {
  const random = RandomStream.of(7, 'data');
  const given = Object.values(shapes).map((shape) => ({
    shape,
    data: Float64Array.from({ length: shape.reduce((n, extent) => n * extent, 1) }, () =>
      Math.fround(random.normal()),
    ),
  }));
  const run = await compile(f as never, { inputs: Object.values(shapes), dtype, backend });
  return (await run(...given)).map(({ data }) => data);
}

describeNative('contractions over windows and several axes', () => {
  test('of float64 have the bits of the reference', { timeout: 240_000 }, async () => {
    const [got, wanted] = [
      await results(native({ optimize: 1, cache }), 'float64'),
      await results(cpu(), 'float64'),
    ];
    for (const [i, data] of got.entries()) expect(data, `result ${i}`).toEqual(wanted[i]);
  });

  test('of float32 are within the roundings of their sums', {
    timeout: 240_000,
  }, async () => {
    const wanted = await results(cpu(), 'float64');
    const got = await results(native({ optimize: 1, cache }), 'float32');
    got.forEach((data, i) => {
      const exact = wanted[i] ?? [];
      const size = Array.from(exact).reduce((most, x) => Math.max(most, Math.abs(x)), 1);
      for (const [k, x] of data.entries())
        expect(Math.abs(x - (exact[k] ?? Number.NaN))).toBeLessThan(1e-4 * size);
    });
  });
});
