// What is read along another axis than it is written: tiles of four by four, and what is left over beside them.

import { cpu } from '@pullback/backend-cpu';
import {
  add,
  type Backend,
  cast,
  compile,
  type DType,
  max,
  mul,
  reshape,
  slice,
  type Tensor,
  type TypedArray,
  tanh,
  transpose,
  type Value,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { wasm } from '../src/index.ts';

const size = (shape: readonly number[]) => shape.reduce((n, extent) => n * extent, 1);

/** 0, 1, 2 ... modulo 251, so that every element shows where it came from. */
function counted(shape: readonly number[], dtype: DType): Tensor {
  const of = (i: number) => (dtype === 'bool' ? ((i * i) % 3) % 2 : i % 251);
  const data = Array.from({ length: size(shape) }, (_, i) => of(i));
  const kinds = {
    float32: Float32Array,
    float64: Float64Array,
    int32: Int32Array,
    uint8: Uint8Array,
    bool: Uint8Array,
  };
  return { shape: [...shape], dtype, data: kinds[dtype].from(data) };
}

async function run(
  backend: Backend,
  f: (...x: Value[]) => Value,
  given: readonly Tensor[],
): Promise<TypedArray> {
  const compiled = await compile(f as (x: Value) => Value, { inputs: given, backend });
  const [result] = await compiled(...given);
  backend.dispose?.();
  return result?.data ?? new Uint8Array();
}

const shapes = [
  [4, 4],
  [64, 16],
  [5, 7],
  [17, 35],
  [3, 40],
  [40, 3],
  [1, 9],
  [0, 8],
] as const;

for (const dtype of ['float32', 'float64', 'int32', 'uint8', 'bool'] as const)
  test.each(shapes)(`${dtype} of %i x %i is turned round`, async (rows, columns) => {
    const x = counted([rows, columns], dtype);
    const got = await run(wasm(), (a) => transpose(a), [x]);
    const wanted = Array.from(
      { length: rows * columns },
      (_, i) => x.data[(i % rows) * columns + Math.floor(i / rows)],
    );
    expect(Array.from(got)).toEqual(wanted);
  });

describe('as the reference does', () => {
  const cases: Readonly<Record<string, [readonly (readonly number[])[], (...x: Value[]) => Value]>> = {
    'axes of three': [[[6, 9, 13]], (a) => transpose(a, [2, 0, 1])],
    'the first axis stays': [[[3, 18, 21]], (a) => transpose(a, [0, 2, 1])],
    'the middle one is the last': [[[5, 8, 6]], (a) => add(transpose(a, [1, 2, 0]), 1)],
    'four axes': [[[2, 5, 4, 9]], (a) => transpose(a, [3, 1, 2, 0])],
    'beside what is not turned': [
      [[20, 21], [21, 20], [21, 1], [20]],
      (a, b, c, d) => mul(add(transpose(a), b), add(c, d)),
    ],
    'twice the same, one turned': [[[19, 19]], (a) => add(mul(a, 2), transpose(a))],
    'of a part': [[[20, 30]], (a) => transpose(slice(a, [1, 3], [18, 29]))],
    'many statements': [
      [[18, 22]],
      (a) => [1, 2, 3, 4, 5].reduce<Value>((x, k) => tanh(add(mul(x, 0.5), k)), transpose(a)),
    ],
    'what varies along one axis alone': [
      [[12, 20], [20, 1], [12]],
      (a, b, c) => add(mul(tanh(b), tanh(c)), transpose(a)),
    ],
    'as another shape': [[[12, 20]], (a) => reshape(transpose(a), [4, 60])],
    'as another dtype': [[[12, 20]], (a) => cast(transpose(a), 'int32')],
  };
  for (const [name, [inputs, f]] of Object.entries(cases))
    test(name, async () => {
      const given = inputs.map((shape) => counted(shape, 'float64'));
      expect(await run(wasm(), f, given)).toEqual(await run(cpu(), f, given));
    });
});

describe('maxima', () => {
  const f = {
    rows: (a: Value) => max(a, { axis: 1 }),
    columns: (a: Value) => max(a, { axis: 0 }),
    all: (a: Value) => max(a),
  };
  for (const dtype of ['float32', 'float64'] as const)
    for (const [along, reduce] of Object.entries(f))
      test.each([
        [1, 1],
        [3, 5],
        [9, 70],
        [70, 9],
      ])(
        `of ${dtype} along ${along} of %i x %i: NaN where there is one, 0 above -0, infinities`,
        async (rows, columns) => {
          for (const kind of ['numbers', 'zeros', 'negative zeros', 'one NaN', 'infinities']) {
            const x = counted([rows, columns], dtype);
            const { data } = x;
            for (let i = 0; i < data.length; i++) {
              if (kind === 'numbers') data[i] = Math.sin(i * i);
              else if (kind === 'zeros') data[i] = i % 7 === 3 ? 0 : -0;
              else if (kind === 'negative zeros') data[i] = -0;
              else data[i] = kind === 'infinities' ? -Infinity : i;
            }
            if (kind === 'one NaN') data[Math.floor(data.length / 2)] = Number.NaN;
            const [got, wanted] = [await run(wasm(), reduce, [x]), await run(cpu(), reduce, [x])];
            expect(Array.from(got), kind).toEqual(Array.from(wanted));
          }
        },
      );
});
