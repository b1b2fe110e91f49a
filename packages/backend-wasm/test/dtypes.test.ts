// Every primitive with every dtype that its shape rule admits, against the reference: integers and bools to the bit, as programs of one
// primitive and with what is made and used in between.

import { cpu } from '@pullback/backend-cpu';
import type { Backend, DType, TypedArray, Value } from '@pullback/core';
import * as p from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { wasm } from '../src/index.ts';
import { KernelsBackend } from './kernels-backend.ts';

const dtypes: readonly DType[] = ['float32', 'float64', 'int32', 'uint8', 'bool'];

const places = (n: number, extent: number) =>
  p.constant(Int32Array.from({ length: n }, (_, i) => ((i * 5) % (extent + 2)) - 1));

/** Functions of one or two operands of shape [rows, columns]. */
const functions: Readonly<Record<string, (a: Value, b: Value) => Value>> = {
  argmax: (a) => p.argmax(a, { axis: 1 }),
  'argmax of columns': (a) => p.argmax(a, { axis: 0 }),
  max: (a) => p.max(a, { axis: 1 }),
  min: (a) => p.min(a, { axis: 0 }),
  sum: (a) => p.sum(a, { axis: 1 }),
  scatterAdd: (a) => p.scatterAdd(a, places(a.shape[0] ?? 0, 3), { size: 3 }),
  'scatterAdd of columns': (a) => p.scatterAdd(a, places(a.shape[1] ?? 0, 5), { axis: 1, size: 5 }),
  gather: (a) => p.gather(a, places(9, a.shape[1] ?? 0), { axis: 1 }),
  concatenate: (a, b) => p.concatenate([a, b, a], { axis: 1 }),
  pad: (a) => p.pad(a, { low: [1, 2], between: [0, 1], value: 1 }),
  slice: (a) => p.slice(a, [0, 0], [], [1, 2]),
  flip: (a) => p.flip(a, 1),
  transpose: (a) => p.transpose(a),
  reshape: (a) => p.reshape(a, [-1]),
  broadcast: (a) => p.broadcast(a, [3, ...a.shape]),
  select: (a, b) => p.select(p.equal(a, b), a, b),
  barrier: (a) => p.barrier(a),
  equal: p.equal,
  less: p.less,
  lessEqual: p.lessEqual,
  and: p.and,
  or: p.or,
  not: (a) => p.not(a),
  add: p.add,
  sub: p.sub,
  mul: p.mul,
  maximum: p.maximum,
  minimum: p.minimum,
  abs: (a) => p.abs(a),
  sign: (a) => p.sign(a),
  neg: (a) => p.neg(a),
  square: (a) => p.square(a),
  iota: (a) => p.iota([3, 300], { axis: 1, dtype: a.dtype }),
  'iota, chosen': (a) => p.select(p.equal(p.iota(a.shape, { axis: 1, dtype: a.dtype }), a), a, 1),
  fill: (a) => p.concatenate([a, p.fill(1, a.shape, a.dtype)]),
  ...Object.fromEntries(dtypes.map((to) => [`cast to ${to}`, (a: Value) => p.cast(a, to)])),
};

/** Whole numbers, so that float32 must be right to the bit as well; with ties, both zeros and the extremes of the dtype. */
function numbers(dtype: DType, length: number, seed: number): TypedArray {
  const extremes = { float32: -0, float64: -0, int32: -(2 ** 31), uint8: 255, bool: 1 }[dtype];
  const data = p.allocateArray(dtype, length);
  for (let i = 0; i < length; i++) {
    const number = ((i * 37 + seed * 11) % 23) - (dtype === 'uint8' || dtype === 'bool' ? 0 : 9);
    data[i] = p.roundTo(dtype, dtype === 'bool' ? number % 2 : number);
  }
  if (length > 2) data[length - 2] = extremes;
  return data;
}

async function run(
  backend: Backend,
  f: (a: Value, b: Value) => Value,
  dtype: DType,
  shape: readonly number[],
) {
  const [a, b] = [p.placeholder({ shape, dtype }, 'a'), p.placeholder({ shape, dtype }, 'b')];
  const y = f(a, b);
  const executable = await backend.compile(p.trace([a, b], [y]));
  const inputs = [a, b].map(({ spec }, i) => {
    const buffer = backend.allocate(spec);
    backend.write(buffer, numbers(dtype, p.sizeOf(shape), i));
    return buffer;
  });
  const output = backend.allocate(y.spec);
  executable.bind(inputs, [output]).run();
  return [...(await backend.read(output))];
}

describe('every dtype that a primitive admits gives what the reference gives', () => {
  for (const [name, f] of Object.entries(functions))
    test(name, async () => {
      for (const dtype of dtypes) {
        for (const shape of [
          [2, 7],
          [1, 1],
          [5, 70],
        ]) {
          const x = p.placeholder({ shape, dtype }, 'x');
          try {
            f(x, x);
          } catch (error) {
            expect(error).toBeInstanceOf(p.DTypeError);
            continue;
          }
          const expected = await run(cpu(), f, dtype, shape);
          for (const backend of [wasm(), new KernelsBackend()])
            expect(await run(backend, f, dtype, shape), `${dtype} ${shape}`).toEqual(expected);
        }
      }
    });
});

describe('a bool is 0 or 1, bytes are taken modulo 256', () => {
  for (const backend of [cpu(), wasm()])
    test(backend.name, async () => {
      const x = p.placeholder({ shape: [4], dtype: 'bool' }, 'x');
      const outputs = [p.cast(x, 'int32'), p.not(x), p.equal(x, 1)];
      const executable = await backend.compile(p.trace([x], outputs));
      const given = backend.allocate(x.spec);
      backend.write(given, Float64Array.of(0, 2, 0.5, Number.NaN));
      expect([...(await backend.read(given))]).toEqual([0, 1, 1, 1]);
      backend.write(given, Uint8Array.of(0, 2, 255, 1));
      const made = outputs.map(({ spec }) => backend.allocate(spec));
      executable.bind([given], made).run();
      const read = await Promise.all(made.map(async (buffer) => [...(await backend.read(buffer))]));
      expect(read).toEqual([
        [0, 1, 1, 1],
        [1, 0, 0, 0],
        [0, 1, 1, 1],
      ]);
      const places = [p.iota([258], { dtype: 'uint8' }), p.iota([258], { dtype: 'bool' })];
      const bytes = places.map(({ spec }) => backend.allocate(spec));
      (await backend.compile(p.trace([], places))).bind([], bytes).run();
      const [numbers, bools] = await Promise.all(bytes.map((buffer) => backend.read(buffer)));
      expect([...(numbers ?? [])].slice(254)).toEqual([254, 255, 0, 1]);
      expect([...(bools ?? [])]).toEqual([0, ...new Array<number>(257).fill(1)]);
    });
});
