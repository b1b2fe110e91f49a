import { allocateArray, bytesOf, type DType } from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { type Code, types } from '../src/encoding.ts';
import { f32x4, get, i32 } from '../src/instructions.ts';
import { type Four, Lane } from '../src/lane.ts';
import { Locals, ModuleBuilder } from '../src/module.ts';
import { loadFour, numberFour, splatFour, storeFour, strided, stridedFour } from '../src/scalar/memory.ts';

const dtypes = ['float32', 'float64', 'int32', 'uint8', 'bool'] as const;
const source = 64;
const target = 4096;
/** What is behind the bytes that may be written. */
const untouched = 0xee;

/** The bytes from `target` on after `count` of the four that `read` gives were stored there; the sample begins at `source + 32`. */
function stored(dtype: DType, count: number, read: (base: Code, lane: Lane) => Four): Uint8Array {
  const module = new ModuleBuilder({ initial: 1 });
  module.define({ parameters: [types.i32, types.i32], name: 'run' }, (locals) => {
    const lane = new Lane(locals);
    const value = lane.keepAll(read(get(0), lane));
    // Half of each address is a constant offset, as it will be in a loop.
    return [lane.prologue, lane.statements, storeFour(dtype, get(1), value, 32, count)];
  });
  const memory = new WebAssembly.Memory({ initial: 1 });
  const bytes = new Uint8Array(memory.buffer);
  bytes.fill(untouched, target, target + 64);
  bytes.set(bytesOfSample(dtype), source + 32);
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(module.bytes()), { e: { memory } });
  if (typeof exports['run'] !== 'function') throw new Error('the module has no function run');
  exports['run'](source, target - 32);
  return bytes.slice(target, target + 64);
}

/** Elements all different from each other, as far as the dtype has so many. */
function sample(dtype: DType) {
  const data = allocateArray(dtype, 64);
  return data.map((_, i) =>
    dtype === 'bool' ? Number([0, 1, 3, 4, 8, 9, 11].includes(i % 13)) : 250 - 3 * i,
  );
}

function bytesOfSample(dtype: DType): Uint8Array {
  return new Uint8Array(sample(dtype).buffer);
}

/** The bytes of elements `indices` of the sample, and what stood behind them. */
function elements(dtype: DType, indices: readonly number[]): Uint8Array {
  const size = bytesOf(dtype);
  const all = bytesOfSample(dtype);
  const bytes = new Uint8Array(64).fill(untouched);
  indices.forEach((index, i) => {
    bytes.set(all.subarray(index * size, (index + 1) * size), i * size);
  });
  return bytes;
}

describe.each(dtypes)('%s', (dtype) => {
  const size = bytesOf(dtype);

  test.each([1, 2, 3, 4])('%i of four neighbours, and nothing behind them', (count) => {
    const got = stored(dtype, count, (base, lane) => loadFour(dtype, base, 32 + 5 * size, lane));
    expect(got).toEqual(elements(dtype, [5, 6, 7, 8].slice(0, count)));
  });

  test.each([1, 2, 3, 4])('%i elements, each three behind the other', (count) => {
    const got = stored(dtype, count, (base, lane) =>
      stridedFour(dtype, strided(base, 3 * size, count), 32 + size, lane),
    );
    expect(got).toEqual(elements(dtype, [1, 4, 7, 10].slice(0, count)));
  });

  test('backwards', () => {
    const got = stored(dtype, 4, (base, lane) =>
      stridedFour(dtype, strided(base, -size, 4), 32 + 9 * size, lane),
    );
    expect(got).toEqual(elements(dtype, [9, 8, 7, 6]));
  });

  test('four addresses in no order', () => {
    const got = stored(dtype, 4, (base, lane) => {
      const addresses = [2, 11, 0, 3].map((i) => i32.add(base, i32.const(i * size)));
      return stridedFour(dtype, addresses, 32, lane);
    });
    expect(got).toEqual(elements(dtype, [2, 11, 0, 3]));
  });

  test('one element four times', () => {
    const got = stored(dtype, 4, (base) => splatFour(dtype, base, 32 + 3 * size));
    expect(got).toEqual(elements(dtype, [3, 3, 3, 3]));
  });

  test('a number, rounded to the dtype', () => {
    for (const x of [0, 1, -0, 0.1, 300.7, -3]) {
      const wanted = new Uint8Array(64).fill(untouched);
      const number = dtype === 'bool' ? Number(x !== 0) : x;
      wanted.set(new Uint8Array(allocateArray(dtype, 4).fill(number).buffer));
      expect(stored(dtype, 4, () => numberFour(dtype, x))).toEqual(wanted);
    }
  });
});

test('equal constants share a register, and stand in the prologue', () => {
  const lane = new Lane(new Locals());
  const one = lane.constant(f32x4.const(1));
  expect(lane.constant(f32x4.const(1))).toEqual(one);
  expect(lane.constant(f32x4.const(-0))).not.toEqual(lane.constant(f32x4.const(0)));
  expect([lane.prologue.length, lane.statements.length]).toEqual([3, 0]);
});
