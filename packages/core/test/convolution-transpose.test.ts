// Transposed convolutions by their definition, the extents that they choose, and the words of what convolutions refuse.

import type { ConvolutionTransposeOptions, Value } from '@pullback/core';
import * as p from '@pullback/core';
import { describe, expect, test } from 'vitest';

const f64 = { dtype: 'float64' } as const;
const values = (value: Value) => Array.from(p.evaluate(value).data);
const numbers = (shape: readonly number[], seed = 0) =>
  p.constant(
    { shape, data: Float64Array.from({ length: p.sizeOf(shape) }, (_, i) => ((7 * i + seed) % 11) - 5) },
    f64,
  );
type Pair = readonly [number, number];

/** x[o s + k r - before, c] gains y[o, d] w[k, c, d], in two dimensions, and nothing outside of `extents`. */
function spread(
  y: Value,
  w: Value,
  { s, r, before, extents, groups }: { s: Pair; r: Pair; before: Pair; extents: Pair; groups: number },
): number[] {
  const [oh = 0, ow = 0, all = 0] = y.shape;
  const [kh = 0, kw = 0, inputs = 0] = w.shape;
  const [a, b] = [values(y), values(w)];
  const [h, width] = extents;
  const x = new Array<number>(h * width * inputs * groups).fill(0);
  for (let i = 0; i < oh; i++)
    for (let j = 0; j < ow; j++)
      for (let d = 0; d < all; d++)
        for (let k = 0; k < kh; k++)
          for (let l = 0; l < kw; l++)
            for (let c = 0; c < inputs; c++) {
              const [row, column] = [i * s[0] + k * r[0] - before[0], j * s[1] + l * r[1] - before[1]];
              if (row < 0 || row >= h || column < 0 || column >= width) continue;
              const channel = Math.floor(d / (all / groups)) * inputs + c;
              const place = (row * width + column) * inputs * groups + channel;
              const by = (b[((k * kw + l) * inputs + c) * all + d] ?? Number.NaN) as number;
              x[place] = (x[place] ?? 0) + (a[(i * ow + j) * all + d] ?? Number.NaN) * by;
            }
  return x;
}

interface Case {
  readonly y: readonly number[];
  readonly w: readonly number[];
  readonly options: ConvolutionTransposeOptions;
  readonly s?: Pair;
  readonly r?: Pair;
  readonly before?: Pair;
  /** By the published formula: (count - 1) stride + (size - 1) dilation + 1 - before - after, or count stride for 'same'. */
  readonly extents: Pair;
  readonly groups?: number;
}

const cases: Readonly<Record<string, Case>> = {
  'nothing said': { y: [3, 2, 2], w: [2, 3, 1, 2], options: {}, extents: [4, 4] },
  'another stride along each axis': {
    y: [3, 2, 2],
    w: [2, 3, 3, 2],
    options: { strides: [3, 2] },
    s: [3, 2],
    extents: [8, 5],
  },
  'another dilation along each axis': {
    y: [2, 3, 1],
    w: [2, 3, 2, 1],
    options: { dilation: [3, 2], strides: 2 },
    s: [2, 2],
    r: [3, 2],
    extents: [6, 9],
  },
  'padding that takes away': {
    y: [4, 3, 1],
    w: [3, 3, 1, 1],
    options: {
      strides: 2,
      padding: [
        [1, 0],
        [2, 1],
      ],
    },
    s: [2, 2],
    before: [1, 2],
    extents: [8, 4],
  },
  'the same, by strides of 2 and 3': {
    y: [3, 2, 2],
    w: [3, 4, 2, 2],
    options: { strides: [2, 3], padding: 'same' },
    s: [2, 3],
    before: [0, 0],
    extents: [6, 6],
  },
  'the same, undivided': {
    y: [4, 4, 1],
    w: [3, 3, 2, 1],
    options: { padding: 'same' },
    before: [1, 1],
    extents: [4, 4],
  },
  'groups of several channels': {
    y: [2, 2, 6],
    w: [2, 2, 3, 6],
    options: { groups: 2 },
    groups: 2,
    extents: [3, 3],
  },
  'extents longer than must be': {
    y: [2, 2, 1],
    w: [2, 2, 1, 1],
    options: { strides: 3, extents: [6, 7] },
    s: [3, 3],
    extents: [6, 7],
  },
};

describe('convolutionTranspose spreads each element over its window', () => {
  for (const [name, { y: ys, w: ws, options, extents, ...at }] of Object.entries(cases))
    test(name, () => {
      const [y, w] = [numbers(ys), numbers(ws, 3)];
      const x = p.convolutionTranspose(y, w, options);
      const { s = [1, 1], r = [1, 1], before = [0, 0], groups = 1 } = at;
      expect(x.shape).toEqual([...extents, (ws[2] ?? 0) * groups]);
      expect(values(x)).toEqual(spread(y, w, { s, r, before, extents, groups }));
      const more = p.convolutionTranspose(p.stack([y, p.mul(2, y)]), w, options);
      expect(values(more)).toEqual([...values(x), ...values(p.mul(2, x))]);
      // Linear in both: the products with both derivatives of <x, g> are <x, g> again.
      const inner = p.sum(p.mul(x, numbers(x.shape, 5)));
      const [dy = y, dw = w] = p.gradient(inner, [y, w]);
      expect(values(p.sum(p.mul(dy, y)))).toEqual(values(inner));
      expect(values(p.sum(p.mul(dw, w)))).toEqual(values(inner));
    });
});

test('each of the three is known by its name', () => {
  const [x, w] = [
    p.placeholder({ shape: [1, 4, 2], dtype: 'float32' }, 'x'),
    p.placeholder({ shape: [2, 2, 3], dtype: 'float32' }, 'w'),
  ];
  const y = p.convolution(x, w);
  const [dx, dw] = p.gradient(p.sum(y), [x, w]);
  const origins = (value: Value | undefined) => value?.origin.path ?? '';
  expect(y.node).toMatchObject({ kind: 'composite', name: 'convolution' });
  expect(p.convolutionTranspose(y, w).node).toMatchObject({
    kind: 'composite',
    name: 'convolutionTranspose',
  });
  expect(origins(dx)).toContain('convolutionTranspose');
  expect(origins(dw)).toContain('convolutionByKernel');
});

describe('what convolutions refuse, in words', () => {
  const refused = (make: () => unknown) => {
    try {
      make();
    } catch (error) {
      if (error instanceof p.PullbackError) return [error.name, error.message] as const;
      throw error;
    }
    return ['nothing', ''] as const;
  };
  const cases: Readonly<Record<string, readonly [() => unknown, string, RegExp]>> = {
    'an input without axes for windows': [
      () => p.convolution(p.ones([1]), p.ones([3, 1, 1])),
      'ShapeError',
      /expected 1 channels last for a kernel \[3, 1, 1\], got \[1\], read as spatial extents \[\] with 1 channels last/,
    ],
    'a transposed input without axes for windows': [
      () => p.convolutionTranspose(p.ones([1]), p.ones([3, 1, 1])),
      'ShapeError',
      /\[1\], read as spatial extents \[\] with 1 channels last/,
    ],
    'no axis at all': [
      () => p.convolution(p.constant(1), p.ones([3, 1, 1])),
      'ShapeError',
      /with no channels last/,
    ],
    'other channels than the kernel makes': [
      () => p.convolutionTranspose(p.ones([5, 3]), p.ones([2, 1, 4])),
      'ShapeError',
      /expected 4 channels last for a kernel \[2, 1, 4\], got \[5, 3\], read as spatial extents \[5\] with 3 channels last/,
    ],
    'channels of groups': [
      () => p.convolution(p.ones([5, 5]), p.ones([2, 2, 4]), { groups: 2 }),
      'ShapeError',
      /expected 4 channels last for a kernel \[2, 2, 4\] in 2 groups/,
    ],
    'outputs that do not divide': [
      () => p.convolution(p.ones([5, 4]), p.ones([2, 2, 3]), { groups: 2 }),
      'ShapeError',
      /expected a multiple of 2 groups, got 3 outputs of a kernel \[2, 2, 3\]/,
    ],
    'a kernel without an axis for windows': [
      () => p.convolution(p.ones([5, 4]), p.ones([4, 3])),
      'ShapeError',
      /expected a kernel \[\.\.\.size, channels, outputs\] with at least one spatial axis, got a kernel \[4, 3\]/,
    ],
    'extents of more axes': [
      () => p.convolutionTranspose(p.ones([3, 1]), p.ones([2, 1, 1]), { extents: [4, 4] }),
      'OptionError',
      /one for each of 2 axes/,
    ],
    'extents that give other windows': [
      () => p.convolutionTranspose(p.ones([3, 1]), p.ones([2, 1, 1]), { extents: [6], strides: 2 }),
      'nothing',
      /^$/,
    ],
    'extents that are too long': [
      () => p.convolutionTranspose(p.ones([3, 1]), p.ones([2, 1, 1]), { extents: [8], strides: 2 }),
      'ShapeError',
      /expected spatial extents whose windows are \[3\], such as \[6\], got extents \[8\] for \[3, 1\]/,
    ],
    'an option that there is not': [
      // @ts-expect-error 'stride' is 'strides'
      () => p.convolution(p.ones([5, 4]), p.ones([2, 4, 3]), { stride: 2 }),
      'OptionError',
      /convolution\b.*strides/s,
    ],
    'an option that its transpose has not': [
      // @ts-expect-error 'extent' is 'extents'
      () => p.convolutionTranspose(p.ones([5, 3]), p.ones([2, 4, 3]), { extent: [2] }),
      'OptionError',
      /convolutionTranspose\b.*extents/s,
    ],
    'no groups': [
      () => p.convolution(p.ones([5, 4]), p.ones([2, 4, 3]), { groups: 0 }),
      'OptionError',
      /groups/,
    ],
    'extents of nothing': [
      () => p.convolutionTranspose(p.ones([3, 1]), p.ones([2, 1, 1]), { extents: [0] }),
      'OptionError',
      /extents/,
    ],
    'channels first': [
      () => p.convolution(p.ones([5, 2, 3, 8, 9]), p.ones([3, 3, 3, 1])),
      'ShapeError',
      /\[5, 2, 3, 8, 9\], read as spatial extents \[3, 8\] with 9 channels last.*Read as channels first it is 3 channels of \[8, 9\]: moveAxis\(x, -3, -1\) puts them last\./s,
    ],
  };
  for (const [name, [make, kind, words]] of Object.entries(cases))
    test(name, () => {
      const [found, message] = refused(make);
      expect(message).toMatch(words);
      expect(found).toBe(kind);
    });
});

test('nothing is said of channels first where there are none', () => {
  const misread = () => p.convolution(p.ones([2, 4, 8, 8]), p.ones([3, 3, 3, 1]));
  expect(misread).toThrow(p.ShapeError);
  expect(misread).not.toThrow(/channels first/);
});

test('one channel a group is a sum of products, all else a contraction', () => {
  const names = (channels: number, groups: number) => {
    const kernel = p.ones([2, channels / groups, channels]);
    const x = p.placeholder({ shape: [4, channels], dtype: 'float32' }, 'x');
    return p.trace([x], [p.convolution(x, kernel, { groups })]).body.map(({ primitive }) => primitive.name);
  };
  expect(names(3, 3)).not.toContain('contract');
  expect(names(1, 1)).toContain('contract');
  expect(names(4, 2)).toContain('contract');
});
