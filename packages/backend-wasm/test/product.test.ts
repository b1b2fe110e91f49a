import { setFlagsFromString } from 'node:v8';
import { constant, evaluate, matmul, RandomStream } from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { type Code, types } from '../src/encoding.ts';
import { call, f32x4, f64x2, get, i32, v128 } from '../src/instructions.ts';
import { ModuleBuilder } from '../src/module.ts';
import { defineProduct } from '../src/product/product.ts';
import type { ProductSpec } from '../src/product/spec.ts';

if (process.versions.node.startsWith('20.')) setFlagsFromString('--experimental-wasm-relaxed-simd');

type DType = ProductSpec['dtype'];
type Sizes = readonly [rows: number, inner: number, columns: number];
interface Layout {
  readonly rowStride: number;
  readonly columnStride: number;
  /** Elements of the buffer, and where element [0][0] is. */
  readonly length: number;
  readonly origin: number;
}
type LayoutRule = (rows: number, columns: number) => Layout;

const plain: LayoutRule = (rows, columns) => ({
  rowStride: columns,
  columnStride: 1,
  length: rows * columns,
  origin: 0,
});
const transposed: LayoutRule = (rows, columns) => ({
  rowStride: 1,
  columnStride: rows,
  length: rows * columns,
  origin: 0,
});
const layouts: Readonly<Record<string, LayoutRule>> = {
  plain,
  transposed,
  'padded rows': (rows, columns) => plain(rows, columns + 3),
  'every third element': (rows, columns) => ({ ...plain(rows, 3 * columns), columnStride: 3 }),
  'both axes reversed': (rows, columns) => ({
    rowStride: -columns,
    columnStride: -1,
    length: rows * columns,
    origin: Math.max(0, rows * columns - 1),
  }),
  'rows reversed, transposed': (rows, columns) => ({
    rowStride: -1,
    columnStride: rows,
    length: rows * columns,
    origin: Math.max(0, rows - 1),
  }),
  'one row for all': (_, columns) => ({ rowStride: 0, columnStride: 1, length: columns, origin: 0 }),
  'one column for all': (rows: number) => ({ rowStride: 1, columnStride: 0, length: rows, origin: 0 }),
  'one element for all': () => ({ rowStride: 0, columnStride: 0, length: 1, origin: 0 }),
};

interface Case {
  readonly dtype?: DType;
  readonly relaxed?: boolean;
  readonly a?: LayoutRule;
  readonly b?: LayoutRule;
  /** Products, each with A and B of its own. */
  readonly batch?: number;
  /** Where the elements come from, in turn. */
  readonly values?: Float64Array;
  /** Where the units are cut between calls. */
  readonly cuts?: (units: number) => readonly number[];
}

const arrayOf = { float32: Float32Array, float64: Float64Array };
const canary = -7654321;
const random = RandomStream.of(3, 'product');
const normals = Float64Array.from({ length: 10_007 }, () => random.normal());

/** Runs C = A B + bias from memory with canaries around C and behind the scratch memory. */
function run([rows, inner, columns]: Sizes, given: Case = {}) {
  const { dtype = 'float32', relaxed = true, a = plain, b = plain, batch = 1, values = normals } = given;
  const cuts = given.cuts ?? ((units) => [0, units]);
  const bytes = dtype === 'float32' ? 4 : 8;
  const [layoutA, layoutB] = [a(rows, inner), b(inner, columns)];
  let next = 0;
  const draw = (length: number) => {
    const drawn = new arrayOf[dtype](length);
    for (let i = 0; i < length; i++) drawn[i] = values[next++ % values.length] ?? 0;
    return drawn;
  };
  const operands = {
    a: Array.from({ length: batch }, () => draw(layoutA.length)),
    b: Array.from({ length: batch }, () => draw(layoutB.length)),
    bias: draw(columns),
  };

  let top = 64;
  const place = (length: number) => {
    const address = top;
    top += Math.ceil((length * bytes + 64) / 64) * 64;
    return address;
  };
  const at = {
    a: place(layoutA.length * batch),
    b: place(layoutB.length * batch),
    bias: place(columns),
    c: place(rows * columns * batch),
  };
  const end = top;
  const step = (start: number, layout: Layout) => (index: Code) =>
    i32.add(i32.const(start + layout.origin * bytes), i32.mul(index, i32.const(layout.length * bytes)));
  const module = new ModuleBuilder({ initial: 0 });
  const kernel = defineProduct(module, {
    dtype,
    rows,
    inner,
    columns,
    relaxed,
    batched: batch > 1,
    a: { address: step(at.a, layoutA), rowStride: layoutA.rowStride, columnStride: layoutA.columnStride },
    b: { address: step(at.b, layoutB), rowStride: layoutB.rowStride, columnStride: layoutB.columnStride },
    epilogue: ({ row, column, batch: index, dr, dc, count, once }, four, lane) => {
      const to = once('to', types.i32, () =>
        i32.add(
          i32.const(at.c),
          i32.mul(
            i32.add(i32.mul(i32.add(i32.mul(index, i32.const(rows)), row), i32.const(columns)), column),
            i32.const(bytes),
          ),
        ),
      );
      const from = once('bias', types.i32, () =>
        i32.add(i32.const(at.bias), i32.mul(column, i32.const(bytes))),
      );
      const { add } = dtype === 'float32' ? f32x4 : f64x2;
      four.forEach((sum, v) => {
        const lanes = 16 / bytes;
        const bias = once(`bias ${dc} ${v}`, types.v128, () => v128.load(from, dc * bytes + v * 16));
        const value = lane.keep(add(sum, bias));
        const left = Math.min(lanes, count - v * lanes);
        const offset = (dr * columns + dc) * bytes + v * 16;
        if (left === lanes) lane.statements.push(v128.store(to, value, offset));
        else
          for (let i = 0; i < left; i++)
            lane.statements.push(
              (bytes === 4 ? v128.store32Lane : v128.store64Lane)(to, value, i, offset + i * bytes),
            );
      });
    },
  });
  const parameters = Array(4).fill(types.i32);
  module.define({ parameters, name: 'run' }, () => call(kernel.index, get(0), get(1), get(2), get(3)));
  const memory = new WebAssembly.Memory({ initial: Math.ceil((end + kernel.scratch + 65536) / 65536) });
  const all = new arrayOf[dtype](memory.buffer);
  // What nobody wrote is NaN: it must not reach any result.
  all.fill(Number.NaN);
  const view = (address: number, length: number) => new arrayOf[dtype](memory.buffer, address, length);
  const write = (address: number, data: Float32Array | Float64Array) => view(address, data.length).set(data);
  for (let i = 0; i < batch; i++) {
    write(at.a + i * layoutA.length * bytes, operands.a[i] ?? new Float64Array());
    write(at.b + i * layoutB.length * bytes, operands.b[i] ?? new Float64Array());
  }
  write(at.bias, operands.bias);
  view(at.c, (end - at.c) / bytes).fill(canary);
  const behind = view(end + Math.ceil(kernel.scratch / bytes) * bytes, 64).fill(canary);
  const inputs = view(64, (at.c - 64) / bytes).slice();

  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), { e: { memory } });
  const { run: start } = instance.exports as {
    run: (from: number, to: number, scratch: number, batch: number) => void;
  };
  for (let index = 0; index < batch; index++) {
    const places = cuts(kernel.units);
    for (let i = 1; i < places.length; i++) start(places[i - 1] ?? 0, places[i] ?? 0, end, index);
  }

  expectSame(view(64, (at.c - 64) / bytes), inputs);
  const slack = view(at.c, (end - at.c) / bytes).slice(rows * columns * batch);
  expect(slack.every((x) => x === canary)).toBe(true);
  expect(behind.every((x) => x === canary)).toBe(true);
  const element = (data: ArrayLike<number>, layout: Layout, i: number, j: number) =>
    data[layout.origin + i * layout.rowStride + j * layout.columnStride] ?? Number.NaN;
  return {
    units: kernel.units,
    c: view(at.c, rows * columns * batch).slice(),
    bias: operands.bias,
    a: (i: number, k: number, index = 0) => element(operands.a[index] ?? [], layoutA, i, k),
    b: (k: number, j: number, index = 0) => element(operands.b[index] ?? [], layoutB, k, j),
  };
}

/** float32: each of the `inner` + 1 additions and `inner` products rounds once, relative to what is summed: |error| <= (inner + 2) eps sum |a b|. */
function expectClose(sizes: Sizes, given: Case) {
  const [rows, inner, columns] = sizes;
  const { c, a, b, bias } = run(sizes, given);
  for (let index = 0; index < (given.batch ?? 1); index++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        let [sum, size] = [0, 0];
        for (let k = 0; k < inner; k++) {
          const term = a(i, k, index) * b(k, j, index);
          sum += term;
          size += Math.abs(term);
        }
        const offset = bias[j] ?? 0;
        const error = Math.abs((c[(index * rows + i) * columns + j] ?? Number.NaN) - (sum + offset));
        const bound = (inner + 2) * 2 ** -24 * (size + Math.abs(offset));
        if (!(error <= bound))
          throw new Error(`${sizes.join('x')}, element [${i}, ${j}] is off by ${error}, more than ${bound}`);
      }
}

/** float64: the bits of the reference's product and addition. */
function expectEqual(sizes: Sizes, given: Case) {
  const [rows, inner, columns] = sizes;
  const { c, a, b, bias } = run(sizes, { ...given, dtype: 'float64' });
  const filled = (n: number, m: number, of: (i: number, j: number) => number) =>
    constant({
      shape: [n, m],
      data: Float64Array.from({ length: n * m }, (_, at) => of(Math.floor(at / m), at % m)),
    });
  const [left, right] = [filled(rows, inner, a), filled(inner, columns, b)];
  const product = evaluate(matmul(left, right));
  const wanted = Float64Array.from(c, (_, at) => (product.data[at] ?? 0) + (bias[at % columns] ?? 0));
  expectSame(c, wanted);
}

function expectSame(got: Float32Array | Float64Array, wanted: Float32Array | Float64Array) {
  expect(got.length).toBe(wanted.length);
  const bits = (x: Float32Array | Float64Array) => new Uint8Array(x.buffer, x.byteOffset, x.byteLength);
  expect(Buffer.compare(bits(got), bits(wanted))).toBe(0);
}

const transpositions: readonly Case[] = [plain, transposed].flatMap((a) =>
  [plain, transposed].map((b) => ({ a, b })),
);
const variants = transpositions.flatMap((given) => [true, false].map((relaxed) => ({ ...given, relaxed })));
const extents = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 19, 25, 33];

describe('float32 is the sum in float64 within the bound of its roundings', () => {
  for (const rows of extents)
    test(`${rows} rows, every remainder of columns, all transpositions`, () => {
      for (const columns of extents)
        transpositions.forEach((given, i) => {
          const inner = extents[(rows + columns + i) % extents.length] ?? 1;
          expectClose([rows, inner, columns], { ...given, relaxed: (rows + columns) % 2 === 0 });
        });
    });

  const large: readonly Sizes[] = [
    [1, 700, 1],
    [1, 130, 517],
    [517, 130, 1],
    [3, 1500, 40],
    [40, 1500, 3],
    [37, 2100, 21],
    [5, 4099, 6],
    [13, 40, 2100],
    [200, 1030, 9],
    [61, 300, 130],
    [2, 270, 1100],
    [1100, 270, 2],
    [67, 800, 47],
    [4, 65, 31],
    [5, 67, 9],
    [6, 70, 40],
    [40, 65, 9],
    [9, 66, 21],
  ];
  for (const sizes of large)
    test(`${sizes.join(' x ')}: blocks and passes`, () => {
      for (const given of variants) expectClose(sizes, given);
    });
});

describe('float64 has the bits of the reference', () => {
  for (const rows of extents)
    test(`${rows} rows, every remainder of columns, all transpositions`, () => {
      for (const columns of extents)
        transpositions.forEach((given, i) => {
          expectEqual([rows, extents[(rows + 2 * columns + i) % extents.length] ?? 1, columns], given);
        });
    });
  test('in passes', () => {
    for (const given of transpositions) {
      expectEqual([23, 2050, 19], given);
      expectEqual([1, 150, 1100], given);
      expectEqual([1100, 150, 1], given);
    }
  });
});

describe('strides', () => {
  for (const [nameA, a] of Object.entries(layouts))
    test(`A: ${nameA}; B of every kind`, () => {
      for (const b of Object.values(layouts))
        for (const sizes of [
          [13, 7, 21],
          [1, 9, 37],
          [30, 6, 2],
          [2, 1, 3],
        ] as const) {
          expectClose(sizes, { a, b });
          expectEqual(sizes, { a, b });
        }
    });
});

describe('the same bits however the units are divided', () => {
  const sizes: readonly Sizes[] = [
    [40, 33, 70],
    [200, 20, 10],
    [7, 1100, 90],
    [150, 1100, 11],
    [1, 60, 300],
    [300, 60, 1],
    [2, 270, 1100],
    [1100, 270, 2],
    [9, 5, 9],
  ];
  for (const size of sizes)
    test(size.join(' x '), () => {
      for (const dtype of ['float32', 'float64'] as const)
        for (const given of variants) {
          const whole = run(size, { ...given, dtype });
          expect(whole.units).toBeGreaterThan(1);
          const single = run(size, {
            ...given,
            dtype,
            cuts: (n) => Array.from({ length: n + 1 }, (_, i) => i),
          });
          expectSame(single.c, whole.c);
          const uneven = run(size, { ...given, dtype, cuts: (n) => [0, 1, 1, Math.ceil(n / 3), n] });
          expectSame(uneven.c, whole.c);
        }
    });
});

test('a batch is the same code at other addresses', () => {
  for (const given of variants)
    for (const sizes of [
      [5, 3, 7],
      [1, 8, 2],
      [14, 1200, 9],
    ] as const)
      expectClose(sizes, { ...given, batch: 3 });
});

test('what is exact is exact: integers, infinities, NaN, and zeros as sums from +0', () => {
  const exact = new Float64Array(1009);
  for (let i = 0; i < exact.length; i++) exact[i] = Math.floor(random.uniform() * 7) - 3;
  const values = [
    exact,
    exact.map((x) => (x === 3 ? Number.POSITIVE_INFINITY : x)),
    Float64Array.of(-0, 1, -0),
  ];
  values[1]?.set([Number.NaN], 500);
  const sizes: readonly Sizes[] = [
    [13, 21, 18],
    [2, 66, 33],
    [40, 70, 5],
    [30, 9, 10],
    [1, 1, 1],
    [1, 17, 100],
    [7, 1100, 11],
  ];
  for (const [rows, inner, columns] of sizes)
    for (const dtype of ['float32', 'float64'] as const)
      for (const given of variants)
        for (const some of values) {
          const { c, a, b, bias } = run([rows, inner, columns], { ...given, dtype, values: some });
          const wanted = c.map((_, at) => {
            let sum = 0;
            for (let k = 0; k < inner; k++) sum += a(Math.floor(at / columns), k) * b(k, at % columns);
            return sum + (bias[at % columns] ?? 0);
          });
          expect(c.findIndex((x, i) => !Object.is(x, wanted[i]))).toBe(-1);
        }
});

test('nothing to add up gives zeros, nothing to compute no units', () => {
  for (const dtype of ['float32', 'float64'] as const) {
    const { c, bias } = run([7, 0, 13], { dtype });
    c.forEach((x, i) => {
      expect(x).toBe(bias[i % 13]);
    });
    expect(run([0, 5, 3], { dtype }).units).toBe(0);
    expect(run([5, 5, 0], { dtype }).units).toBe(0);
  }
});
