import type { ScalarType } from '@pullback/core';
import type { Code } from '../encoding.ts';
import { types } from '../encoding.ts';
import { f32x4, f64x2, get, i32x4, set, v128, when } from '../instructions.ts';
import type { Lane } from '../lane.ts';
import { restOfDoubles, restOfFloats } from './each-double.ts';
import {
  convertInts,
  demoteFloats,
  eachWide,
  integerShifter,
  promoteFloats,
  type Wide,
  wordsOf,
} from './halves.ts';
import { type Held, narrow, wide } from './held.ts';

/** a / b of int32 towards 0, modulo 2^32: rounding to float64 never takes it across a whole number. 0 for b = 0. */
export function quotient(lane: Lane, a: Code, b: Code): Code {
  const shifter = lane.constant(f64x2.const(integerShifter));
  const words = eachWide(
    (x = [], y = []) => lane.keep(f64x2.add(f64x2.trunc(f64x2.div(x, y)), shifter)),
    [convertInts(a, 2), convertInts(b, 2)],
  );
  return zeroForZero(lane, b, wordsOf(words, 'lower'));
}

/** a - b trunc(a / b), of the sign of a; of int32 0 for b = 0. Operands are read several times. */
export function remainder(lane: Lane, type: ScalarType, a: Held, b: Held): Held {
  switch (type) {
    case 'float64':
      return wide(restOfDoubles(lane, a.registers, b.registers));
    case 'float32':
      return narrow(restFloat32(lane, a.registers[0], b.registers[0]));
    default: {
      const [x, y] = [a.registers[0], b.registers[0]];
      return narrow(zeroForZero(lane, y, i32x4.sub(x, i32x4.mul(y, quotient(lane, x, y)))));
    }
  }
}

/**
 * By float64: below 2^28 the quotient is rounded to the right whole number, and its product with b is exact. Where it is larger, or b
 * infinite, element by element.
 */
function restFloat32(lane: Lane, a: Code, b: Code): Code {
  const kept = (x: Wide): Wide => lane.keepAll(x);
  const [wideA, wideB] = [kept(promoteFloats(a, 2)), kept(promoteFloats(b, 2))];
  const quotients = kept(eachWide((x = [], y = []) => f64x2.trunc(f64x2.div(x, y)), [wideA, wideB]));
  const rests = eachWide(
    (x = [], y = [], q = []) => f64x2.sub(x, f64x2.mul(y, q)),
    [wideA, wideB, quotients],
  );
  const rest = lane.keep(demoteFloats(rests));
  const zero = f32x4.eq(rest, lane.constant(f32x4.const(0)));
  const sign = v128.and(a, lane.constant(i32x4.const(-(2 ** 31))));
  const result = lane.locals.make(types.v128);
  const limit = lane.constant(f64x2.const(2 ** 28));
  const large = wordsOf(
    eachWide((q = []) => f64x2.gt(f64x2.abs(q), limit), [quotients]),
    'lower',
  );
  const endless = f32x4.eq(f32x4.abs(b), lane.constant(f32x4.const(Infinity)));
  const where = lane.keep(v128.or(large, endless));
  lane.statements.push(
    set(result, v128.or(rest, v128.and(zero, sign))),
    when(v128.anyTrue(where), set(result, v128.bitselect(restOfFloats(lane, a, b), get(result), where))),
  );
  return get(result);
}

function zeroForZero(lane: Lane, divisor: Code, value: Code): Code {
  return v128.andNot(value, i32x4.eq(divisor, lane.constant(i32x4.const(0))));
}
