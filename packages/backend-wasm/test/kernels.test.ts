import { cpu } from '@pullback/backend-cpu';
import {
  add,
  type Backend,
  cast,
  compile,
  concatenate,
  div,
  equal,
  exp,
  less,
  log,
  max,
  maximum,
  mul,
  RandomStream,
  reshape,
  select,
  softmax,
  sub,
  sum,
  tanh,
  transpose,
  type Value,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { wasm } from '../src/index.ts';
import { DividingBackend } from './kernels-backend.ts';

const random = RandomStream.of(3, 'kernels');
const drawn = (...shape: number[]) => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((n, extent) => n * extent, 1) }, () => random.normal()),
});
type Given = ReturnType<typeof drawn>;

async function run(
  backend: Backend,
  f: (...x: Value[]) => Value,
  given: readonly Given[],
  dtype: 'float32' | 'float64',
) {
  const compiled = await compile(f, { inputs: given.map(({ shape }) => shape), dtype, backend });
  const [result] = await compiled(...given);
  return Array.from(result?.data ?? []);
}

/** Every result within `units` roundings of the float64 reference, relative to the size of what was added up. */
async function agree(f: (...x: Value[]) => Value, given: readonly Given[], units: number, size = 1) {
  const got = await run(wasm(), f, given, 'float32');
  const wanted = await run(cpu(), f, given, 'float64');
  expect(got.length).toBe(wanted.length);
  got.forEach((x, i) => {
    const y = wanted[i] ?? Number.NaN;
    expect(Math.abs(x - y)).toBeLessThanOrEqual(units * 2 ** -24 * Math.max(size, Math.abs(y)));
  });
}

describe('chains with operands for each row, each column and all', () => {
  for (const [rows, columns] of [
    [1, 1],
    [3, 1],
    [1, 5],
    [4, 4],
    [5, 7],
    [33, 10],
    [2, 1025],
  ] as const)
    test(`${rows} x ${columns}`, async () => {
      const [x, row, column, one] = [drawn(rows, columns), drawn(rows, 1), drawn(columns), drawn(1)];
      const f = (a: Value, r: Value, c: Value, s: Value) =>
        select(less(a, r), tanh(add(a, c)), div(mul(sub(a, s), r), add(exp(c), 1)));
      await agree(f as never, [x, row, column, one], 16, 4);
      await agree((a) => softmax(a as Value), [x], 8);
      await agree((a) => sum(maximum(a as Value, 0), { axis: 0 }), [x], 2, rows);
      await agree((a) => sum(reshape(a as Value, [columns * rows])), [x], 2);
      await agree((a) => log(add(mul(a as Value, a as Value), 0.01)), [x], 8);
    });
});

describe('sums and maxima of columns, of so many rows that their sums are laid aside', () => {
  test.each([
    [64, 64],
    [65, 70],
    [100, 131],
    [200, 67],
  ])('%i x %i', async (rows, columns) => {
    const x = drawn(rows, columns);
    const twice = (a: Value) => concatenate([sum(a, { axis: 0 }), max(mul(a, a), { axis: 0 })], { axis: 0 });
    await agree((a) => sum(a as Value, { axis: 0 }), [x], 1, rows);
    await agree((a) => max(a as Value, { axis: 0 }), [x], 0);
    await agree(twice as never, [x], 2, rows);
    await agree((a) => sum(exp(a as Value), { axis: 0 }), [x], 4, rows);
    const whole = { shape: x.shape, data: Float32Array.from(x.data, (y) => Math.trunc(y * 100)) };
    const f = (a: Value) => sum(cast(a, 'int32'), { axis: 0 });
    expect(await run(wasm(), f as never, [whole], 'float32')).toEqual(
      await run(cpu(), f as never, [whole], 'float32'),
    );
  });
  test('of several outer axes, beside inner ones, and of what is stored as well', async () => {
    await agree((a) => sum(a as Value, { axis: [0, 1] }), [drawn(3, 70, 80)], 1, 210);
    await agree((a) => sum(a as Value, { axis: 1 }), [drawn(3, 70, 80)], 1, 70);
    await agree((a) => sum(transpose(a as Value, [1, 0, 2]), { axis: [0, 1] }), [drawn(3, 70, 80)], 1, 210);
    await agree(
      (a, b) => sum(mul(a as Value, b as Value), { axis: 0 }),
      [drawn(70, 80), drawn(70, 1)],
      2,
      70,
    );
    const both = (a: Value) => {
      const y = exp(a);
      return concatenate([y, sum(y, { axis: 0, keepAxis: true })], { axis: 0 });
    };
    await agree(both as never, [drawn(80, 68)], 4, 80);
  });
  test('by threads too', async () => {
    const x = drawn(130, 70);
    const f = (a: Value) => concatenate([sum(a, { axis: 0 }), max(a, { axis: 0 })], { axis: 0 });
    const many = new DividingBackend(2);
    expect(await run(many, f as never, [x], 'float32')).toEqual(
      await run(wasm({ deterministic: true }), f as never, [x], 'float32'),
    );
    many.dispose();
  });
});

test('memory that grows between bindings leaves earlier ones right', async () => {
  const backend = wasm();
  const compiled = await compile((x) => sum(exp(mul(x as Value, 2)), { axis: 1 }), {
    inputs: [[3, 4]],
    backend,
  });
  const x = drawn(3, 4);
  const [before] = await compiled(x);
  const large = backend.allocate({ shape: [3_000_000], dtype: 'float32' });
  const [after] = await compiled(x);
  expect(after?.data).toEqual(before?.data);
  backend.free(large);
});

test('a freed block is given out again, zeroed', async () => {
  const backend = wasm();
  const spec = { shape: [100], dtype: 'float32' } as const;
  const first = backend.allocate(spec);
  backend.write(first, new Float32Array(100).fill(7));
  backend.free(first);
  const second = backend.allocate(spec);
  expect(Array.from(await backend.read(second))).toEqual(new Array(100).fill(0));
});

describe('bytes, integers and booleans in chains', () => {
  const f = (bytes: Value, ints: Value, flags: Value, x: Value) =>
    select(
      flags,
      add(mul(cast(bytes, 'float32'), x), cast(equal(ints, 3), 'float32')),
      sub(cast(ints, 'float32'), cast(flags, 'float32')),
    );
  for (const [rows, columns] of [
    [1, 1],
    [5, 3],
    [4, 8],
    [9, 7],
  ] as const)
    test(`${rows} x ${columns}: as on the reference, bit for bit`, async () => {
      const n = rows * columns;
      const shape = [rows, columns];
      const given = [
        { shape, data: Uint8Array.from({ length: n }, (_, i) => (i * 53) % 256) },
        { shape, data: Int32Array.from({ length: n }, (_, i) => (i * 7919) % 5) },
        { shape, data: Uint8Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 1 : 0)) },
        drawn(rows, columns),
      ];
      const dtypes = ['uint8', 'int32', 'bool', 'float32'] as const;
      const inputs = dtypes.map((dtype) => ({ shape, dtype }));
      const results = await Promise.all(
        [wasm(), cpu()].map(
          async (backend) => (await (await compile(f as never, { inputs, backend }))(...given))[0],
        ),
      );
      expect(results[0]?.data).toEqual(results[1]?.data);
    });
});
