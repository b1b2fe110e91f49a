// Windows, what folds them back, and convolutions, against loops over numbers.

import type { Value } from '@pullback/core';
import * as p from '@pullback/core';
import { describe, expect, test } from 'vitest';

const f64 = { dtype: 'float64' } as const;
const values = (value: Value) => Array.from(p.evaluate(value).data);
const numbers = (shape: readonly number[], seed = 0) =>
  p.constant(
    {
      shape,
      data: Float64Array.from({ length: p.sizeOf(shape) }, (_, i) =>
        Math.round(9 * Math.sin(1 + seed + 1.7 * i)),
      ),
    },
    f64,
  );

describe('windows', () => {
  const x = p.constant([1, 2, 3, 4, 5], f64);
  test('are numpy.lib.stride_tricks.sliding_window_view, by steps and with dilation', () => {
    expect(values(p.windows(x, { axes: [0], size: 3 }))).toEqual([1, 2, 3, 2, 3, 4, 3, 4, 5]);
    expect(values(p.windows(x, { axes: [0], size: 2, step: 3 }))).toEqual([1, 2, 4, 5]);
    expect(values(p.windows(x, { axes: [0], size: 2, dilation: 3 }))).toEqual([1, 4, 2, 5]);
  });
  test('along two axes, whose places stand last in the order of the axes', () => {
    const image = numbers([3, 4, 2]);
    const y = p.windows(image, { axes: [1, 0], size: [3, 2] });
    expect(y.shape).toEqual([2, 2, 2, 3, 2]);
    const at = (i: number, j: number, c: number) => values(image)[(i * 4 + j) * 2 + c];
    expect(values(y)[(((1 * 2 + 0) * 2 + 1) * 3 + 2) * 2 + 1]).toBe(at(1 + 1, 0 + 2, 1));
  });
  test("padding: 'same' gives ceil(extent / step) windows, with the odd place behind", () => {
    expect(values(p.windows(x, { axes: [0], size: 2, padding: 'same' })).slice(-2)).toEqual([5, 0]);
    expect(p.windows(x, { axes: [0], size: 3, step: 2, padding: 'same' }).shape).toEqual([3, 3]);
    const low = p.windows(x, { axes: [0], size: 3, padding: [[2, 0]], value: -7 });
    expect(values(low).slice(0, 3)).toEqual([-7, -7, 1]);
  });
  test("padding: 'same' counts dilation, another along each axis, and ends with the last element", () => {
    const image = numbers([5, 6]);
    const options = { axes: [0, 1], size: [3, 2], dilation: [2, 3], step: [1, 2] } as const;
    // reach is 5 and 4; ceil(5 / 1) = 5 and ceil(6 / 2) = 3 windows; 4 and 2 places more, half of them before.
    const y = p.windows(image, { ...options, padding: 'same' });
    expect(y.shape).toEqual([5, 3, 3, 2]);
    const padding = [
      [2, 2],
      [1, 1],
    ] as const;
    expect(values(y)).toEqual(values(p.windows(image, { ...options, padding })));
    const at = (i: number, j: number) => values(image)[i * 6 + j];
    expect(values(y).slice(0, 6)).toEqual([0, 0, 0, at(0, 2), 0, at(2, 2)]);
  });
  test('a fold of other extents than the windows of x had is another x', () => {
    const y = numbers([2, 2], 1);
    const [a = 0, b = 0, c = 0, d = 0] = values(y);
    expect(values(p.fold(y, { axes: [0], size: 2, step: 3, extents: [5] }))).toEqual([a, b, 0, c, d]);
    expect(values(p.fold(y, { axes: [0], size: 2, step: 3, extents: [7] }))).toEqual([a, b, 0, c, d, 0, 0]);
    expect(values(p.fold(y, { axes: [0], size: 2, step: 2, extents: [5] }))).toEqual([a, b, c, d, 0]);
    const rows = p.stack([y, p.mul(10, y)]);
    const tiles = p.fold(rows, { axes: [1], size: 2, step: 2, extents: [4] });
    expect(values(tiles)).toEqual([a, b, c, d, 10 * a, 10 * b, 10 * c, 10 * d]);
    const both = { axes: [0, 1], size: [2, 3], step: [2, 3] };
    const places = p.iota([4, 6]);
    expect(values(p.fold(p.windows(places, both), { ...both, extents: [4, 6] }))).toEqual(values(places));
    expect(values(p.fold(y, { axes: [0], size: 2, extents: [3] }))).toEqual([a, b + c, d]);
    expect(values(p.fold(y, { axes: [-1], size: 2, dilation: 4, extents: [6] }))).toEqual([a, c, 0, 0, b, d]);
  });
  test('a window as large as its axis, one of one place, and no samples', () => {
    expect(p.windows(x, { axes: [-1], size: 5 }).shape).toEqual([1, 5]);
    expect(values(p.windows(x, { axes: [0], size: 1 }))).toEqual([1, 2, 3, 4, 5]);
    expect(p.windows(p.zeros([0, 4]), { axes: [1], size: 3 }).shape).toEqual([0, 2, 3]);
  });
  test('fold adds what windows spread: <windows(x), y> = <x, fold(y)>', () => {
    const options = {
      axes: [1, 0],
      size: [2, 3],
      step: [2, 1],
      dilation: [1, 2],
      padding: [
        [1, 2],
        [0, 1],
      ],
    } as const;
    const image = numbers([6, 5]);
    const w = p.windows(image, options);
    const y = numbers(w.shape, 3);
    const back = p.fold(y, { ...options, extents: [5, 6] });
    expect(back.shape).toEqual([6, 5]);
    expect(values(p.sum(p.mul(w, y)))).toEqual(values(p.sum(p.mul(image, back))));
    expect(values(p.fold(p.ones([3, 3]), { axes: [0], size: 3, extents: [5] }))).toEqual([1, 2, 3, 2, 1]);
  });
  test('are refused where they are larger than the axis, or are no windows of the extents', () => {
    expect(() => p.windows(x, { axes: [0], size: 6 })).toThrow(/a window of 6 over 5.*padding: 'same'/s);
    expect(() => p.windows(x, { axes: [0], size: 3, dilation: 3 })).toThrow(p.ShapeError);
    expect(() => p.windows(x, { axes: [0], size: [2, 2] })).toThrow(p.OptionError);
    expect(() => p.windows(x, { axes: [0, 0], size: 2 })).toThrow(p.OptionError);
    expect(() => p.fold(x, { axes: [0], size: 2, extents: [3] })).toThrow(p.ShapeError);
    expect(() => p.fold(p.ones([3, 2]), { axes: [0], size: 2, extents: [5] })).toThrow(/expected \[4, 2\]/);
  });
});

/** y[n, o, d] = sum over k, c of x[n, o s + k r - before, c] w[k, c, d], in two dimensions, by its definition. */
function convolved(
  x: Value,
  w: Value,
  { s, r, low, high, groups }: { s: number; r: number; low: number; high: number; groups: number },
): number[] {
  const [n = 0, h = 0, width = 0, channels = 0] = x.shape;
  const [kh = 0, kw = 0, inputs = 0, outputs = 0] = w.shape;
  const [a, b] = [values(x), values(w)];
  const count = (extent: number, k: number) => Math.floor((extent + low + high - (k - 1) * r - 1) / s) + 1;
  const [oh, ow] = [count(h, kh), count(width, kw)];
  const y: number[] = [];
  for (let m = 0; m < n; m++)
    for (let i = 0; i < oh; i++)
      for (let j = 0; j < ow; j++)
        for (let d = 0; d < outputs; d++) {
          const group = Math.floor(d / (outputs / groups));
          let total = 0;
          for (let p0 = 0; p0 < kh; p0++)
            for (let p1 = 0; p1 < kw; p1++)
              for (let c = 0; c < inputs; c++) {
                const [row, column] = [i * s + p0 * r - low, j * s + p1 * r - low];
                if (row < 0 || row >= h || column < 0 || column >= width) continue;
                const place = ((m * h + row) * width + column) * channels + group * inputs + c;
                total +=
                  (a[place] ?? Number.NaN) * (b[((p0 * kw + p1) * inputs + c) * outputs + d] ?? Number.NaN);
              }
          y.push(total);
        }
  return y;
}

describe('convolution', () => {
  const cases = {
    'as it is': { x: [2, 5, 4, 3], w: [3, 2, 3, 4], s: 1, r: 1, low: 0, high: 0, groups: 1 },
    'with padding': { x: [1, 4, 5, 2], w: [3, 3, 2, 3], s: 1, r: 1, low: 1, high: 1, groups: 1 },
    'with more padding than a window reaches': {
      x: [1, 3, 3, 1],
      w: [2, 2, 1, 2],
      s: 1,
      r: 1,
      low: 3,
      high: 2,
      groups: 1,
    },
    'by steps that leave the end out': {
      x: [1, 6, 6, 2],
      w: [2, 3, 2, 2],
      s: 3,
      r: 1,
      low: 0,
      high: 0,
      groups: 1,
    },
    'by steps, with dilation and padding': {
      x: [2, 6, 7, 1],
      w: [3, 2, 1, 2],
      s: 2,
      r: 2,
      low: 1,
      high: 2,
      groups: 1,
    },
    'of one place': { x: [1, 3, 3, 2], w: [1, 1, 2, 3], s: 2, r: 1, low: 0, high: 0, groups: 1 },
    'in groups': { x: [1, 4, 4, 4], w: [2, 2, 2, 6], s: 1, r: 1, low: 0, high: 1, groups: 2 },
    'of each channel by itself': { x: [1, 4, 4, 3], w: [3, 3, 1, 3], s: 1, r: 1, low: 1, high: 1, groups: 3 },
    'of each channel by two kernels': {
      x: [2, 4, 4, 3],
      w: [2, 2, 1, 6],
      s: 2,
      r: 1,
      low: 0,
      high: 0,
      groups: 3,
    },
    'of no samples': { x: [0, 4, 4, 3], w: [2, 2, 3, 2], s: 1, r: 1, low: 0, high: 0, groups: 1 },
  };
  for (const [name, { x: xs, w: ws, ...at }] of Object.entries(cases))
    test(name, () => {
      const [x, w] = [numbers(xs), numbers(ws, 5)];
      const { s: strides, r: dilation, low, high, groups } = at;
      const padding = [
        [low, high],
        [low, high],
      ] as const;
      const options = { strides, dilation, padding, groups };
      const y = p.convolution(x, w, options);
      expect(values(y)).toEqual(convolved(x, w, at));
      // <y, g> is linear in x and in w: its derivatives are the transposes, so both products with them are <y, g> again.
      const g = numbers(y.shape, 11);
      const inner = p.sum(p.mul(y, g));
      const [dx = x, dw = w] = p.gradient(inner, [x, w]);
      const extents = xs.slice(1, 3);
      expect(values(p.convolutionTranspose(g, w, { ...options, extents }))).toEqual(values(dx));
      expect(values(p.sum(p.mul(dx, x)))).toEqual(values(inner));
      expect(values(p.sum(p.mul(dw, w)))).toEqual(values(inner));
    });
  for (const [name, { x: xs, w: ws, ...at }] of Object.entries(cases))
    test(`${name}, with channels first`, () => {
      const [x, w] = [numbers(xs), numbers(ws, 5)];
      const [turned, back] = [
        [0, 3, 1, 2],
        [0, 2, 3, 1],
      ] as const;
      const toKernel = [3, 2, 0, 1];
      const { s: strides, r: dilation, low, high, groups } = at;
      const around = [low, high] as const;
      const options = { strides, dilation, padding: [around, around], groups };
      const first = { ...options, channels: 'first' } as const;
      const f = (image: Value, kernel: Value) =>
        p.convolution(p.transpose(image, turned), p.transpose(kernel, toKernel), first);
      const y = f(x, w);
      expect(values(p.transpose(y, back))).toEqual(convolved(x, w, at));
      const g = numbers(y.shape, 11);
      const slopes = (image: Value) => p.gradient(p.sum(p.mul(image, g)), [x, w]).map(values);
      const last = p.convolution(x, w, options);
      expect(slopes(y)).toEqual(slopes(p.transpose(last, turned)));
      const spread = p.convolutionTranspose(g, p.transpose(w, toKernel), {
        ...first,
        extents: xs.slice(1, 3),
      });
      expect(values(p.transpose(spread, back))).toEqual(slopes(y)[0]);
    });
  test('of one and of three dimensions, and without samples', () => {
    const x = p.constant([[1], [2], [4]], f64);
    const w = p.constant([[[1]], [[10]]], f64);
    expect(values(p.convolution(x, w))).toEqual([21, 42]);
    expect(values(p.convolution(x, w, { padding: 'same' }))).toEqual([21, 42, 4]);
    expect(p.convolution(p.ones([2, 4, 4, 4, 1]), p.ones([2, 2, 2, 1, 3])).shape).toEqual([2, 3, 3, 3, 3]);
  });
  test('vmap over samples, kernels, or both is one convolution each', () => {
    const [x, w] = [numbers([2, 5, 1]), numbers([2, 2, 1, 3], 4)];
    const f = (a: Value, b: Value) => p.convolution(a, b, { padding: 'same' });
    const each = (i: number) => values(f(p.slice(x, [i], [i + 1]), p.squeeze(p.slice(w, [i], [i + 1]), 0)));
    const both = p.vmap(f)(x, w);
    expect(values(both)).toEqual([...each(0), ...each(1)]);
    const slope = p.vmap((a: Value, b: Value) => p.gradient(p.sum(p.square(f(a, b))), [a, b]));
    const single = (i: number) => {
      const [a, b] = [p.squeeze(p.slice(x, [i], [i + 1]), 0), p.squeeze(p.slice(w, [i], [i + 1]), 0)];
      return p.gradient(p.sum(p.square(f(a, b))), [a, b]).map(values);
    };
    const [first = [], second = []] = [single(0), single(1)];
    expect(slope(x, w).map(values)).toEqual(first.map((part, k) => [...part, ...(second[k] ?? [])]));
  });
  test('what does not fit is refused in both readings', () => {
    const w = p.ones([3, 3, 3, 8]);
    expect(() => p.convolution(p.ones([2, 3, 28, 28]), w)).toThrow(
      /3 channels last.*\[2, 3, 28, 28\], read as spatial extents \[3, 28\] with 28 channels last.*Read as channels first it is 3 channels of \[28, 28\]: moveAxis\(x, -3, -1\)/s,
    );
    expect(() => p.convolution(p.ones([2, 28, 28, 3]), p.ones([8, 3, 3, 3]), { channels: 'first' })).toThrow(
      /\[2, 28, 28, 3\], read as spatial extents \[28, 3\] with 28 channels first.*Read as channels last it is 3 channels of \[28, 28\]: moveAxis\(x, -1, -3\)/s,
    );
    expect(() => p.convolution(p.ones([4, 4]), p.ones([4, 4]), { channels: 'first' })).toThrow(
      /a kernel \[outputs, channels, \.\.\.size\] with at least one spatial axis/,
    );
    expect(() => p.convolution(p.ones([2, 2, 2, 3]), w)).toThrow(/a window of 3 over 2/);
    expect(() => p.convolution(p.ones([2, 5, 5, 4]), p.ones([3, 3, 2, 3]), { groups: 2 })).toThrow(
      /a multiple of 2/,
    );
    expect(() => p.convolution(p.ones([2, 5, 5, 5]), p.ones([3, 3, 2, 4]), { groups: 2 })).toThrow(
      p.ShapeError,
    );
    expect(() => p.convolution(p.ones([4]), p.ones([3, 1, 1]))).toThrow(p.ShapeError);
    expect(() => p.convolution(p.ones([4, 4]), p.ones([4, 4]))).toThrow(/at least one spatial axis/);
    expect(() =>
      p.convolution(p.ones([1, 4, 1]), p.ones([2, 1, 1]), {
        padding: [
          [1, 1],
          [1, 1],
        ],
      }),
    ).toThrow(p.OptionError);
    expect(() => p.convolutionTranspose(p.ones([1, 3, 2]), p.ones([2, 1, 2]), { extents: [9] })).toThrow(
      /such as \[4\]/,
    );
  });
});
