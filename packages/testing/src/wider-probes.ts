import * as core from '@pullback/core';
import { type DType, isFloat, type Shape, tensorOf, type Value } from '@pullback/core';
import type { Probe } from './probe.ts';
import { crossed, specialsOf, tameNumbers } from './probe-numbers.ts';
import {
  axesOf,
  each,
  type F,
  functions,
  largest,
  ofSeveral,
  one,
  pairs,
  said,
  type Table,
  together,
  two,
} from './probe-tables.ts';

/** Probes of things that a matrix or two do not show: special numbers in every pair, blocks and one more, ranks to 6, one Value twice. */
export function widerProbes(dtypes: readonly DType[]): Probe[] {
  return dtypes.flatMap((dtype) => [
    ...ofSpecials(dtype, dtypes),
    ...ofSizes(dtype),
    ...ranks.flatMap((shape) => ofAxes(dtype, shape)),
    ...ofProducts(dtype),
  ]);
}

function ofSpecials(dtype: DType, dtypes: readonly DType[]): Probe[] {
  const all = specialsOf(dtype);
  const x = tensorOf({ shape: [all.length], dtype });
  x.data.set(all);
  const casts: Table = Object.fromEntries(
    dtypes.map((to) => [`cast to ${to}`, one((v) => core.cast(v, to))]),
  );
  const around = dtype === 'bool' ? [1] : isFloat(dtype) ? [Number.NaN, -0, Infinity, 0.5] : [3];
  const places: Table = Object.fromEntries(
    around.flatMap((value) => {
      const name = Object.is(value, -0) ? '-0' : String(value);
      return [
        [`pad with ${name}`, one((v) => core.pad(v, { low: [2], high: [1], between: [1], value }))],
        [`fill with ${name}`, one((v) => core.concatenate([v, core.fill(value, [3], dtype)]))],
      ];
    }),
  );
  const apart: Table = Object.fromEntries(
    Object.entries(pairs).map(([name, f]) => [`${name} of one Value twice`, one((v) => f(v, v))]),
  );
  const extremes: Table = Object.fromEntries(
    all.map((value) => {
      const row = core.constant(Float64Array.of(value, value, value), { dtype });
      return [
        `argmax and max of ${value} thrice`,
        one((v) =>
          core.add(core.max(core.mul(row, core.slice(v, [1], [2]))), core.cast(core.argmax(row), dtype)),
        ),
      ];
    }),
  );
  const where = `special numbers of ${dtype}`;
  return [
    ...each(where, functions, [x]),
    ...each(where, casts, [x]),
    ...each(where, places, [x]),
    ...together(`one Value twice, ${where}`, apart, [x]),
    ...together(`the largest of equals, ${where}`, extremes, [x]),
    ...each(`every pair of ${where}`, pairs, crossed(dtype)),
    ...ofLargest(dtype),
  ];
}

/** The largest of rows with ties, with a NaN at each place, of the least numbers alone. */
function ofLargest(dtype: DType): Probe[] {
  const all = specialsOf(dtype);
  const least = dtype === 'int32' ? -(2 ** 31) : isFloat(dtype) ? -Infinity : 0;
  const rows = [
    [least, least, least, least],
    [0, -0, 0, -0],
    [-0, -0, -0, -0],
    [1, 2, 2, 1],
    [Number.NaN, 1, Number.NaN, 2],
    [3, 1, 2, Number.NaN],
    [1, 0, 0, 1],
    [0, 0, 0, 1],
    all.slice(-4),
  ].filter((row) => row.length === 4);
  const x = tensorOf({ shape: [rows.length, 4], dtype });
  x.data.set(rows.flat());
  return each(`rows of ${dtype}`, largest, [x]);
}

const small = [63, 65, 127, 129, 255, 257, 1023, 1025];
const blocks = [2 ** 16 - 1, 2 ** 16 + 1];
const shapes = [
  [65, 3],
  [3, 65],
  [129, 17],
] as const;

/** One more and one less than blocks have; the functions that are one instruction, or a few, of every machine. */
function ofSizes(dtype: DType): Probe[] {
  const { neg, exp, tanh, not, round } = functions as Record<string, F>;
  const few: Table = {
    ...(neg && exp && tanh && not && round && { neg, exp, tanh, not, round }),
    ...pairs,
    'to float32': one((x) => core.cast(x, 'float32')),
    'to int32': one((x) => core.cast(x, 'int32')),
    'to uint8': one((x) => core.cast(x, 'uint8')),
    flip: one((x) => core.flip(x)),
    places: one((x) => core.equal(x, core.iota(x.shape, { dtype: x.dtype }))),
    'neighbours exchanged': one((x) => core.concatenate([core.slice(x, [1]), core.slice(x, [0], [1])])),
  };
  const given = (n: number) => [1, 2].map((offset) => tameNumbers({ shape: [n], dtype }, offset));
  const first = (n: number) => given(n).slice(0, 1);
  const some = (names: RegExp) =>
    Object.fromEntries(Object.entries(few).filter(([name]) => names.test(name)));
  const matrices = shapes.map((shape) => [tameNumbers({ shape, dtype }, 3)]);
  const whole: Table = { max: one((x) => core.max(x)), argmax: one((x) => core.argmax(x)) };
  const sums: Table = {
    sum: one((v) => core.sum(v)),
    'sum along 0': one((v) => core.sum(v, { axis: 0 })),
    'sum along -1': one((v) => core.sum(v, { axis: -1 })),
  };
  const beside: Table = {
    transpose: one((v) => core.transpose(v)),
    'a column beside each': one((v) => core.add(v, core.slice(v, [0, 1], [v.shape[0] ?? 0, 2]))),
    'a row beside each': one((v) => core.mul(v, core.slice(v, [1], [2]))),
  };
  return [
    ...each(said(dtype, [70]), few, given(70)),
    ...ofSeveral(
      `functions of ${small.join(', ')} ${dtype}`,
      some(/^(neg|exp|tanh|round|not|add|sub|mul|div|and|equal|places|flip|to .*)$/),
      small.map(given),
    ),
    ...ofSeveral(
      `functions of ${blocks.join(' and ')} ${dtype}`,
      some(/^(neg|not|add|sub|mul|and|equal|to uint8)$/),
      blocks.map(given),
    ),
    ...ofSeveral(`the largest of ${dtype}`, whole, [70, 257, ...blocks].map(first)),
    ...ofSeveral(`the largest of rows of ${dtype}`, largest, matrices),
    ...ofSeveral(`sums of ${dtype}`, sums, [...[70, 257, ...blocks].map(first), ...matrices], {
      isSum: true,
    }),
    ...ofSeveral(`rows and columns of ${dtype}`, beside, matrices),
  ];
}

const ranks: readonly Shape[] = [
  [4, 5],
  [3, 4, 2],
  [2, 3, 1, 4],
  [2, 3, 1, 2, 2, 2],
];

/** Every axis and several at once, in one Program a family: movements, sums, the largest, parts, places. */
function ofAxes(dtype: DType, shape: Shape): Probe[] {
  const rank = shape.length;
  const axes = axesOf(shape);
  const x = [tameNumbers({ shape, dtype }, 5)];
  const where = said(dtype, shape);
  const named = (entries: readonly (readonly [string, (v: Value) => Value])[]): Table =>
    Object.fromEntries(entries.map(([name, f]) => [name, one(f)]));
  const subsets = Array.from({ length: 2 ** rank - 1 }, (_, i) =>
    axes.filter((axis) => ((i + 1) >> axis) & 1),
  ).filter((__, i) => rank < 5 || i % 3 === 0);
  const steps = axes.map((axis) => 1 + ((axis + 1) % 3));
  const movements: [string, (v: Value) => Value][] = [
    ['reversed axes', (v) => core.transpose(v)],
    ['turned axes', (v) => core.transpose(v, [...axes.slice(1), 0])],
    ['first and last exchanged', (v) => core.swapAxes(v, 0, -1)],
    [
      'steps along every axis',
      (v) =>
        core.slice(
          v,
          axes.map(() => 0),
          [],
          steps,
        ),
    ],
    [
      'from 1 on along every axis, by 2',
      (v) =>
        core.slice(
          v,
          shape.map((n) => Math.min(1, n - 1)),
          [],
          axes.map(() => 2),
        ),
    ],
    [
      'places between on every axis',
      (v) =>
        core.pad(v, {
          low: axes,
          high: axes.map((a) => a % 2),
          between: axes.map((a) => 1 + (a % 2)),
          value: 1,
        }),
    ],
    ['flat', (v) => core.reshape(v, [-1 + shape.reduce((n, extent) => n * extent, 1) + 1])],
    ['one axis more on both sides', (v) => core.reshape(v, [1, ...shape, 1])],
    ...subsets.map((own): [string, (v: Value) => Value] => [`flip of ${own}`, (v) => core.flip(v, own)]),
    ...axes.map((axis): [string, (v: Value) => Value] => [
      `the first along ${axis}, repeated`,
      (v) =>
        core.broadcast(
          core.slice(
            v,
            axes.map(() => 0),
            shape.map((n, i) => (i === axis ? 1 : n)),
          ),
          shape,
        ),
    ]),
  ];
  const parts: [string, (v: Value) => Value][] = axes.flatMap((axis): [string, (v: Value) => Value][] => [
    [`two parts along ${axis}`, (v) => core.concatenate([v, core.flip(v, axis)], { axis })],
    [`nine parts along ${axis}`, (v) => core.concatenate(nine(v, axis), { axis })],
    [`stacked at ${axis}`, (v) => core.stack([v, v, core.flip(v)], { axis })],
  ]);
  return [
    ...together(
      `movements of ${where}`,
      named(movements.filter(([name]) => rank < 6 || !name.startsWith('one axis'))),
      x,
    ),
    ...together(`parts of ${where}`, named(parts), x),
    ...together(
      `sums of ${where}`,
      named(subsets.map((axis) => [`over ${axis}`, (v) => core.sum(v, { axis })])),
      x,
      { isSum: true },
    ),
    ...together(
      `the largest of ${where}`,
      named([
        ...subsets.map((axis): [string, (v: Value) => Value] => [
          `max over ${axis}`,
          (v) => core.max(v, { axis, keepAxis: true }),
        ]),
        ...axes.map((axis): [string, (v: Value) => Value] => [
          `argmax along ${axis}`,
          (v) => core.argmax(v, { axis }),
        ]),
      ]),
      x,
    ),
    ...(rank === 4 ? [] : ofPlaces(dtype, shape)),
  ];
}

/** Nine of which no two are alike. */
function nine(x: Value, axis: number): Value[] {
  return Array.from({ length: 9 }, (_, i) =>
    i % 3 === 0 ? x : i % 3 === 1 ? core.flip(x, axis) : core.flip(x),
  );
}

/** Gathers along every axis by indices of none, one and two axes, their transposes, and places along every axis. */
function ofPlaces(dtype: DType, shape: Shape): Probe[] {
  const x = tameNumbers({ shape, dtype }, 6);
  const indices = [[], [3], [2, 3]].map((own) => {
    const tensor = tensorOf({ shape: own, dtype: 'int32' });
    tensor.data.forEach((_, i) => {
      tensor.data[i] = [1, 0, 1, -1, 7, 0][i] ?? 0;
    });
    return tensor;
  });
  const tables = indices.map(
    (_, k): Table =>
      Object.fromEntries(
        axesOf(shape).flatMap((axis): [string, F][] => [
          [`gather along ${axis}`, two((v, at) => core.gather(v, at, { axis }))],
          ...(k === 0
            ? []
            : [
                [
                  `scatter along ${axis}`,
                  two((v, at) => core.scatterAdd(core.gather(v, at, { axis }), at, { axis, size: 3 })),
                ] as [string, F],
              ]),
          [`places along ${axis}`, one((v) => core.equal(v, core.iota(shape, { axis, dtype: v.dtype })))],
        ]),
      ),
  );
  return tables.flatMap((table, k) =>
    together(`places of ${said(dtype, shape)} by indices of ${k} axes`, table, [
      x,
      ...indices.slice(k, k + 1),
    ]),
  );
}

/** Products of many batches and odd sizes; random numbers of both words. */
function ofProducts(dtype: DType): Probe[] {
  if (dtype === 'int32') {
    const key = tensorOf({ shape: [2], dtype });
    key.data.set([7, -9]);
    return together(
      'random numbers and derived keys',
      {
        bits: one((k) => core.randomBits(k, [5, 7])),
        folded: one((k) => core.foldIn(k, core.constant(3, { dtype: 'int32' }))),
        'folded twice': one((k) =>
          core.randomBits(
            core.foldIn(
              core.foldIn(k, core.constant(0, { dtype: 'int32' })),
              core.constant(-1, { dtype: 'int32' }),
            ),
            [3],
          ),
        ),
      },
      [key],
    );
  }
  if (!isFloat(dtype)) return [];
  const sizes: readonly (readonly [Shape, Shape])[] = [
    [
      [2, 1, 17, 4],
      [3, 4, 2],
    ],
    [
      [17, 65],
      [65, 1],
    ],
    [
      [1, 33],
      [33, 17],
    ],
    [
      [2, 130],
      [130, 3],
    ],
  ];
  return sizes.map(([a, b]) => {
    const given = [tameNumbers({ shape: a, dtype }, 1), tameNumbers({ shape: b, dtype }, 2)];
    return {
      name: `product of ${said(dtype, a)} and ${said(dtype, b)}`,
      inputs: given,
      given,
      f: two(core.matmul),
      terms: a.at(-1) ?? 1,
    };
  });
}
