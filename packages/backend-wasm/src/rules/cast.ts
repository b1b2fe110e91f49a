import type { DType } from '@pullback/core';
import type { Code } from '../encoding.ts';
import { f32x4, f64x2, i32x4, v128 } from '../instructions.ts';
import type { Four, Lane, Rule } from '../lane.ts';
import {
  convertInts,
  demoteFloats,
  eachHalf,
  halvesOf,
  integerShifter,
  lowerWords,
  promoteFloats,
} from './halves.ts';

/** The elements as another dtype: nearest float, integer towards 0 modulo 2^32 or 2^8, x != 0. */
export function cast(from: DType, to: DType): Rule {
  return (lane, x) => {
    switch (to) {
      case 'float32':
        return [float32Of(from, x, lane)];
      case 'float64':
        return float64Of(from, x, lane);
      case 'int32':
        return [int32Of(from, x, lane)];
      case 'uint8':
        return [v128.and(int32Of(from, x, lane), lane.constant(i32x4.const(255)))];
      case 'bool':
        return [maskOf(from, x, lane)];
      default:
        return to satisfies never;
    }
  };
}

function float32Of(from: DType, x: Four, lane: Lane): Code {
  switch (from) {
    case 'float32':
      return x[0];
    case 'float64':
      return demoteFloats(halvesOf(x));
    case 'int32':
    case 'uint8':
      return f32x4.convertI32x4S(x[0]);
    case 'bool':
      return v128.and(x[0], lane.constant(f32x4.const(1)));
    default:
      return from satisfies never;
  }
}

function float64Of(from: DType, x: Four, lane: Lane): Four {
  switch (from) {
    case 'float32':
      return promoteFloats(x[0]);
    case 'float64':
      return x;
    case 'int32':
    case 'uint8':
    case 'bool':
      return convertInts(int32Of(from, x, lane));
    default:
      return from satisfies never;
  }
}

function int32Of(from: DType, x: Four, lane: Lane): Code {
  switch (from) {
    case 'float32':
      return truncateFloats(x[0], lane);
    case 'float64':
      return lowerWords(eachHalf(halvesOf(x), (half) => truncateDoubles(half, lane)));
    case 'int32':
    case 'uint8':
      return x[0];
    case 'bool':
      return i32x4.shrU(x[0], 31);
    default:
      return from satisfies never;
  }
}

function maskOf(from: DType, x: Four, lane: Lane): Code {
  switch (from) {
    case 'float32':
      return f32x4.ne(x[0], lane.constant(f32x4.const(0)));
    case 'float64':
      return lowerWords(eachHalf(halvesOf(x), (half) => f64x2.ne(half, lane.constant(f64x2.const(0)))));
    case 'int32':
    case 'uint8':
      return i32x4.ne(x[0], lane.constant(i32x4.const(0)));
    case 'bool':
      return x[0];
    default:
      return from satisfies never;
  }
}

/** x - 2^32 round(x / 2^32) is exact; infinities become NaN by it, and NaN 0. */
function truncateFloats(x: Code, lane: Lane): Code {
  const constant = (c: number) => lane.constant(f32x4.const(c));
  const turns = f32x4.nearest(f32x4.mul(x, constant(2 ** -32)));
  const rest = lane.keep(f32x4.sub(x, f32x4.mul(turns, constant(2 ** 32))));
  // 2^31 saturates to 2^31 - 1, whose complement it should be.
  return v128.xor(i32x4.truncSatF32x4S(rest), f32x4.ge(rest, constant(2 ** 31)));
}

/** The float64 whose lower 32 bits are x towards 0 modulo 2^32. */
function truncateDoubles(x: Code, lane: Lane): Code {
  const constant = (c: number) => lane.constant(f64x2.const(c));
  const whole = lane.keep(f64x2.trunc(x));
  const turns = f64x2.nearest(f64x2.mul(whole, constant(2 ** -32)));
  const rest = lane.keep(f64x2.sub(whole, f64x2.mul(turns, constant(2 ** 32))));
  return f64x2.add(v128.and(rest, f64x2.eq(rest, rest)), constant(integerShifter));
}
