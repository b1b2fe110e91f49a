import type { DType, ScalarType } from '@pullback/core';
import type { Code } from '../encoding.ts';
import { f32x4, f64x2, i32x4, v128 } from '../instructions.ts';
import type { Lane } from '../lane.ts';
import {
  convertInts,
  demoteFloats,
  eachWide,
  integerShifter,
  promoteFloats,
  type Wide,
  wordsOf,
} from './halves.ts';
import { type Held, narrow, narrowMask, wide } from './held.ts';

/** The elements as another dtype: nearest float, integer towards 0 modulo 2^32 or 2^8, x != 0. `x` is read several times. */
export function castHeld(lane: Lane, x: Held, from: ScalarType, to: DType, registers: 1 | 2): Held {
  switch (to) {
    case 'float32':
      return narrow(float32Of(lane, x, from));
    case 'float64':
      return wide(float64Of(lane, x, from, registers));
    case 'int32':
      return narrow(int32Of(lane, x, from));
    case 'uint8':
      return narrow(v128.and(int32Of(lane, x, from), lane.constant(i32x4.const(255))));
    case 'bool':
      return maskOf(lane, x, from);
    default:
      return to satisfies never;
  }
}

function float32Of(lane: Lane, x: Held, from: ScalarType): Code {
  switch (from) {
    case 'float32':
      return x.registers[0];
    case 'float64':
      return demoteFloats(x.registers);
    case 'int32':
      return f32x4.convertI32x4S(x.registers[0]);
    case 'bool':
      return v128.and(narrowMask(x), lane.constant(f32x4.const(1)));
    default:
      return from satisfies never;
  }
}

function float64Of(lane: Lane, x: Held, from: ScalarType, registers: 1 | 2): Wide {
  switch (from) {
    case 'float32':
      return promoteFloats(x.registers[0], registers);
    case 'float64':
      return x.registers;
    case 'int32':
    case 'bool':
      return convertInts(lane.keep(int32Of(lane, x, from)), registers);
    default:
      return from satisfies never;
  }
}

function int32Of(lane: Lane, x: Held, from: ScalarType): Code {
  switch (from) {
    case 'float32':
      return truncateFloats(x.registers[0], lane);
    case 'float64':
      return wordsOf(
        eachWide((half) => lane.keep(truncateDoubles(half, lane)), [x.registers]),
        'lower',
      );
    case 'int32':
      return x.registers[0];
    case 'bool':
      return i32x4.shrU(narrowMask(x), 31);
    default:
      return from satisfies never;
  }
}

function maskOf(lane: Lane, x: Held, from: ScalarType): Held {
  switch (from) {
    case 'float32':
      return narrow(f32x4.ne(x.registers[0], lane.constant(f32x4.const(0))));
    case 'float64':
      return wide(eachWide((half) => f64x2.ne(half, lane.constant(f64x2.const(0))), [x.registers]));
    case 'int32':
      return narrow(i32x4.ne(x.registers[0], lane.constant(i32x4.const(0))));
    case 'bool':
      return x;
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
