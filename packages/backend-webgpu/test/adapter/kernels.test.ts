import type { Tensor, Value } from '@pullback/core';
import * as core from '@pullback/core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { WebGpuBackend, WebGpuOptions } from '../../src/index.ts';
import { asOnHardware, open } from './open.ts';
import { farthest, floats, integers, meant, run } from './run.ts';

type Graph = (...x: Value[]) => readonly Value[];

const { add, mul, sub, sum, max, matmul, transpose, exp, div } = core;
const kept = { keepAxis: true } as const;

/** Graphs that become each kind of kernel, in sizes at which every way of cutting them is taken. */
const graphs: readonly (readonly [string, readonly Tensor[], Graph])[] = [
  [
    'long rows, three passes: softmax of [5, 300] and of [70, 21]',
    [floats([5, 300], 0, 5), floats([70, 21], 1, 5)],
    (x, y) => [core.softmax(x as Value), core.softmax(y as Value), core.logSumExp(x as Value)],
  ],
  [
    'a loss: sums along rows, then over all of them, with long and with short rows',
    [floats([300, 10]), floats([200, 33], 1), floats([1, 90], 2)],
    (x, y, z) =>
      [x, y, z].flatMap((v) => {
        const value = v as Value;
        const squares = sum(core.square(value), { axis: 1, ...kept });
        return [
          div(sum(core.log(squares)), value.shape[0] ?? 1),
          squares,
          sum(mul(value, squares), { axis: 0 }),
        ];
      }),
  ],
  [
    'layer normalization and its gradients',
    [floats([40, 50]), floats([50], 1)],
    (x, w) => {
      const [a, b] = [x as Value, w as Value];
      const centred = sub(a, core.mean(a, { axis: 1, ...kept }));
      const normal = div(
        centred,
        core.sqrt(add(core.mean(core.square(centred), { axis: 1, ...kept }), 1e-5)),
      );
      const loss = sum(core.tanh(mul(normal, b)));
      return [loss, ...core.gradient(loss, [a, b])];
    },
  ],
  [
    'sums of few columns over many rows, of one long row, and of all',
    [floats([3000, 3]), floats([1, 5000], 1), floats([17, 13, 19], 2), floats([50, 400], 3)],
    (x, y, z, w) => [
      sum(x as Value, { axis: 0 }),
      max(x as Value, { axis: 0 }),
      sum(exp(y as Value)),
      max(y as Value),
      sum(z as Value, { axis: [0, 2] }),
      sum(z as Value, { axis: 1 }),
      sum(w as Value, { axis: 0 }),
      core.mean(mul(w as Value, 2), { axis: 1 }),
    ],
  ],
  [
    'products of every layout and awkward size',
    [
      floats([70, 33]),
      floats([33, 65], 1),
      floats([2, 3, 20, 36], 2),
      floats([2, 3, 36, 24], 3),
      floats([130, 67], 4),
    ],
    (a, b, c, d, e) => {
      const [x, y, p, q, r] = [a, b, c, d, e] as [Value, Value, Value, Value, Value];
      return [
        matmul(x, y),
        matmul(transpose(y), transpose(x)),
        matmul(transpose(x), x),
        matmul(x, transpose(x)),
        matmul(p, q),
        matmul(core.swapAxes(p, -1, -2), p),
        matmul(core.flip(r, 0), core.transpose(core.flip(r, 1))),
        matmul(core.slice(r, [0, 3], [], [2, 2]), core.slice(y, [0, 1], [32])),
      ];
    },
  ],
  [
    'products whose sides are multiples of four',
    [floats([64, 128]), floats([128, 96], 1), floats([96, 64], 2)],
    (a, b, c) => {
      const [x, y, z] = [a, b, c] as [Value, Value, Value];
      return [
        matmul(x, y),
        matmul(transpose(y), transpose(x)),
        matmul(z, x),
        matmul(transpose(x), transpose(z)),
        core.relu(sub(matmul(x, y), mul(core.slice(x, [0, 0], [64, 96]), 20))),
      ];
    },
  ],
  [
    'deep products of small outputs',
    [floats([6, 2000]), floats([2000, 10], 1), floats([10], 2)],
    (a, b, c) => [core.relu(add(matmul(a as Value, b as Value), c as Value))],
  ],
  [
    'large products, of which the tiles go past the end',
    [floats([200, 70]), floats([70, 330], 1), floats([330, 70], 2), floats([330], 3)],
    (a, b, c, d) => [
      add(matmul(a as Value, b as Value), d as Value),
      core.sqrt(core.abs(matmul(a as Value, transpose(c as Value)))),
    ],
  ],
  [
    'scatterAdd of many and few indices, gather and argmax',
    [
      floats([100, 7]),
      integers([100], 13),
      integers([3, 10], 9, 1),
      floats([13, 4], 5),
      floats([2, 30, 5], 6),
    ],
    (x, i, j, w, u) => [
      core.scatterAdd(x as Value, i as Value, { size: 13 }),
      core.scatterAdd(u as Value, core.slice(i as Value, [0], [30]), { axis: 1, size: 12 }),
      core.gather(w as Value, sub(j as Value, 2)),
      core.scatterAdd(core.gather(w as Value, j as Value, { axis: 0 }), j as Value, { size: 9 }),
      core.argmax(x as Value, { axis: 0 }),
      core.argmax(u as Value, { axis: 1 }),
    ],
  ],
  [
    'masks, bytes and integers between kernels',
    [
      floats([33, 9]),
      { shape: [33, 9], dtype: 'uint8', data: Uint8Array.from({ length: 297 }, (_, i) => (i * 37) % 256) },
      { shape: [33, 9], dtype: 'bool', data: Uint8Array.from({ length: 297 }, (_, i) => (i % 3) & 1) },
      integers([9], 5),
    ],
    (x, bytes, mask, ints) => {
      const [a, b, m, i] = [x, bytes, mask, ints] as [Value, Value, Value, Value];
      const positive = core.less(0, a);
      const scaled = mul(core.cast(b, 'float32'), 1 / 255);
      return [
        core.and(positive, m),
        core.not(core.transpose(m)),
        core.cast(add(core.cast(b, 'int32'), i), 'uint8'),
        core.flip(b, 1),
        sum(core.select(core.or(positive, m), scaled, a), { axis: 0 }),
        core.pad(core.cast(a, 'bool'), { low: [1, 2] }),
        core.concatenate([b, b], { axis: 0 }),
        core.sum(core.cast(m, 'int32')),
      ];
    },
  ],
  [
    'what literals alone are made of: the compiler of shaders refuses it where it is not finite',
    [floats([2])],
    (x) => {
      const zero = core.iota([1, 1], { dtype: 'float32' });
      const least = core.fill(-(2 ** 31), [2], 'int32');
      return [
        div(zero, zero),
        mul(core.fill(3e38, [2]), 10),
        core.neg(least),
        mul(least, 3),
        add(x as Value, div(1, zero)),
      ];
    },
  ],
  [
    'sums of nothing, and what follows them',
    [floats([2, 2])],
    (x) => {
      const nothing = core.slice(x as Value, [1, 0], [1, 2]);
      return [
        add(core.fill(2, [2, 1]), sum(nothing)),
        sum(nothing, { axis: 0 }),
        sum(nothing, { axis: 1 }),
        matmul(transpose(nothing), nothing),
      ];
    },
  ],
  [
    'products of what is turned round, in steps of four',
    [floats([20, 20])],
    (x) => {
      const [a, b] = [core.flip(x as Value, 0), core.flip(x as Value, 1)];
      return [matmul(a, a), matmul(b, b), matmul(transpose(a), b), matmul(a, transpose(b))];
    },
  ],
  [
    'more operands than a kernel may bind',
    Array.from({ length: 14 }, (_, i) => floats([11], i)),
    (...x) => [x.reduce((total, value) => add(total, value)), x.reduce((total, value) => mul(total, value))],
  ],
  [
    'more outputs than a kernel may bind',
    [floats([64])],
    (x) => Array.from({ length: 14 }, (_, i) => core.sin(mul(x as Value, i + 1))),
  ],
  [
    'more workgroups than one axis takes',
    [floats([5000, 1000])],
    (x) => [sum(mul(x as Value, 2), { axis: 0 }), core.slice(core.sqrt(core.abs(x as Value)), [4990, 990])],
  ],
];

const tunings: readonly (readonly [string, WebGpuOptions])[] = [
  ['as the adapter wants it', {}],
  ['as on a GPU', asOnHardware],
];

for (const [how, options] of tunings)
  describe(`kernels cut ${how}`, () => {
    let backend: WebGpuBackend;
    beforeAll(async () => {
      backend = await open(options);
    });
    afterAll(() => backend.dispose());
    // Sums are in float32 here and in float64 there: within 2^-19 of the largest number of an output.
    for (const [name, given, graph] of graphs)
      test(name, async () => {
        const [got, wanted] = [await run(backend, given, graph), meant(given, graph)];
        got.forEach((numbers, i) => {
          expect(numbers.length).toBe(wanted[i]?.length);
          expect(farthest(numbers, wanted[i] ?? []), `output ${i}`).toBeLessThan(2 ** -19);
        });
      }, 60_000);
  });
