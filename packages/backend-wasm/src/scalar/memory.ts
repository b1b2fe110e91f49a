import { type DType, roundTo } from '@pullback/core';
import type { Code } from '../encoding.ts';
import { f32x4, f64x2, i8x16, i16x8, i32, i32x4, shuffle, v128 } from '../instructions.ts';
import type { Four, Lane } from '../lane.ts';

// Between memory, where bools and uint8 are bytes, and registers, where they are masks and int32. Addresses are in bytes; an
// address that is given may be read several times, and so may a value that is stored.

/** Four neighbours from `address + offset` on. */
export function loadFour(dtype: DType, address: Code, offset: number, lane: Lane): Four {
  switch (dtype) {
    case 'float32':
    case 'int32':
      return [v128.load(address, offset)];
    case 'float64':
      return [v128.load(address, offset), v128.load(address, offset + 16)];
    case 'uint8':
    case 'bool':
      return [inRegister(dtype, v128.load32Zero(address, offset), lane)];
    default:
      return dtype satisfies never;
  }
}

/** Four elements apart from each other, each at its address plus `offset`; where there are fewer, the other lanes are 0. */
export function stridedFour(
  dtype: DType,
  [first = [], ...others]: readonly Code[],
  offset: number,
  lane: Lane,
): Four {
  const [second, third, fourth] = others;
  switch (dtype) {
    case 'float32':
    case 'int32':
      return [gathered(v128.load32Zero(first, offset), others, v128.load32Lane, offset)];
    case 'float64': {
      const low = gathered(v128.load64Zero(first, offset), second ? [second] : [], v128.load64Lane, offset);
      if (third === undefined) return [low, f64x2.const(0)];
      return [low, gathered(v128.load64Zero(third, offset), fourth ? [fourth] : [], v128.load64Lane, offset)];
    }
    case 'uint8':
    case 'bool': {
      const none = lane.constant(i32x4.const(0));
      const bytes = gathered(v128.load8Lane(first, none, 0, offset), others, v128.load8Lane, offset);
      return [inRegister(dtype, bytes, lane)];
    }
    default:
      return dtype satisfies never;
  }
}

/** `count` addresses, one every `stride` bytes. */
export function strided(base: Code, stride: number, count: number): readonly Code[] {
  return Array.from({ length: count }, (_, i) =>
    i === 0 || stride === 0 ? base : i32.add(base, i32.const(i * stride)),
  );
}

/** The element there, four times. */
export function splatFour(dtype: DType, address: Code, offset: number): Four {
  switch (dtype) {
    case 'float32':
    case 'int32':
      return [v128.load32Splat(address, offset)];
    case 'float64': {
      const twice = v128.load64Splat(address, offset);
      return [twice, twice];
    }
    case 'uint8':
      return [i32x4.splat(i32.load8U(address, offset))];
    case 'bool':
      return [i32x4.ne(i32x4.splat(i32.load8U(address, offset)), i32x4.const(0))];
    default:
      return dtype satisfies never;
  }
}

/** `x` as this dtype, four times. */
export function numberFour(dtype: DType, x: number): Four {
  const number = roundTo(dtype, x);
  switch (dtype) {
    case 'float32':
      return [f32x4.const(number)];
    case 'float64':
      return [f64x2.const(number), f64x2.const(number)];
    case 'int32':
    case 'uint8':
      return [i32x4.const(number)];
    case 'bool':
      return [i32x4.const(-number)];
    default:
      return dtype satisfies never;
  }
}

/** The first `count` of four elements, 1 to 4, from `address + offset` on; nothing behind them is written. */
export function storeFour(dtype: DType, address: Code, value: Four, offset: number, count: number): Code {
  const [low, high = []] = value;
  switch (dtype) {
    case 'float32':
    case 'int32':
      return storeFloats(address, low, offset, count);
    case 'float64': {
      const first = storeDoubles(address, low, offset, Math.min(count, 2));
      return count <= 2 ? first : [first, storeDoubles(address, high, offset + 16, count - 2)];
    }
    case 'uint8':
      return storeBytes(address, low, offset, count);
    case 'bool':
      return storeBytes(address, i32x4.shrU(low, 31), offset, count);
    default:
      return dtype satisfies never;
  }
}

function storeFloats(address: Code, value: Code, offset: number, count: number): Code {
  if (count === 4) return v128.store(address, value, offset);
  if (count === 1) return v128.store32Lane(address, value, 0, offset);
  const two = v128.store64Lane(address, value, 0, offset);
  return count === 2 ? two : [two, v128.store32Lane(address, value, 2, offset + 8)];
}

function storeDoubles(address: Code, value: Code, offset: number, count: number): Code {
  return count === 2 ? v128.store(address, value, offset) : v128.store64Lane(address, value, 0, offset);
}

function storeBytes(address: Code, value: Code, offset: number, count: number): Code {
  const zero = i32x4.const(0);
  const bytes = i8x16.narrowI16x8U(i16x8.narrowI32x4S(value, zero), zero);
  if (count === 4) return v128.store32Lane(address, bytes, 0, offset);
  return Array.from({ length: count }, (_, i) => v128.store8Lane(address, bytes, i, offset + i));
}

type LoadLane = (address: Code, into: Code, lane: number, offset: number) => Code;

function gathered(first: Code, others: readonly Code[], load: LoadLane, offset: number): Code {
  return others.reduce<Code>((vector, address, i) => load(address, vector, i + 1, offset), first);
}

/** The first four bytes of a register. */
function inRegister(dtype: 'uint8' | 'bool', bytes: Code, lane: Lane): Code {
  const wide = i32x4.extendLowI16x8U(i16x8.extendLowI8x16U(bytes));
  return dtype === 'uint8' ? wide : i32x4.gtS(wide, lane.constant(i32x4.const(0)));
}

/** Four elements turned round, so that the k-th comes first. */
export function rotated([low, high]: Four, k: number, dtype: DType): Four {
  if (dtype !== 'float64' || high === undefined) {
    const order = [0, 1, 2, 3].map((lane) => (lane + k) % 4);
    return [shuffle(low, low, order)];
  }
  const half = k < 2 ? low : high;
  const lanes = k % 2 === 0 ? [0, 1, 2, 3] : [2, 3, 0, 1];
  return [shuffle(half, half, lanes), high];
}
