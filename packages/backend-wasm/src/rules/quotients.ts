import type { Code } from '../encoding.ts';
import { f32x4, f64x2, i32x4, v128 } from '../instructions.ts';
import type { Lane, Rule } from '../lane.ts';
import {
  convertInts,
  demoteFloats,
  eachHalf,
  eachTwoHalves,
  integerShifter,
  lowerWords,
  promoteFloats,
} from './halves.ts';
import { replaceWhere } from './replace-where.ts';
import { callFloat32 } from './scalar-call.ts';

/**
 * a - b floor(a / b) of float32, by float64: below 2^28 the quotient is rounded to the right whole number, and its product with b is
 * exact. Where it is larger, or b infinite, element by element. A result of 0 has the sign of a.
 */
export const modFloat32: Rule = (lane, [a], [b]) => {
  const keep = (half: Code) => lane.keep(half);
  const integer = (n: number) => lane.constant(i32x4.const(n));
  const [wideA, wideB] = [eachHalf(promoteFloats(a), keep), eachHalf(promoteFloats(b), keep)];
  const quotient = eachTwoHalves(wideA, wideB, (x, y) => keep(f64x2.floor(f64x2.div(x, y))));
  const product = eachTwoHalves(wideB, quotient, f64x2.mul);
  const rest = lane.keep(demoteFloats(eachTwoHalves(wideA, product, f64x2.sub)));
  const zero = f32x4.eq(rest, lane.constant(f32x4.const(0)));
  const signed = v128.or(rest, v128.and(zero, v128.and(a, integer(-(2 ** 31)))));
  const limit = lane.constant(f64x2.const(2 ** 28));
  const large = lowerWords(eachHalf(quotient, (q) => f64x2.gt(f64x2.abs(q), limit)));
  const endless = f32x4.eq(f32x4.abs(b), lane.constant(f32x4.const(Infinity)));
  return [replaceWhere(lane, v128.or(large, endless), signed, callFloat32(lane, 'mod', a, b))];
};

/** a / b of int32 by `round`, modulo 2^32: rounding to float64 never takes it across a whole number. Anything for b = 0. */
function wholeQuotient(lane: Lane, a: Code, b: Code, round: (x: Code) => Code): Code {
  const shifter = lane.constant(f64x2.const(integerShifter));
  const quotient = eachTwoHalves(convertInts(a), convertInts(b), f64x2.div);
  return lowerWords(eachHalf(quotient, (q) => f64x2.add(round(q), shifter)));
}

function zeroForZero(lane: Lane, divisor: Code, value: Code): Code {
  return v128.andNot(value, i32x4.eq(divisor, lane.constant(i32x4.const(0))));
}

/** a / b of int32, towards 0; 0 for b = 0. */
export const divInt32: Rule = (lane, [a], [b]) => [
  zeroForZero(lane, b, wholeQuotient(lane, a, b, f64x2.trunc)),
];

/** a - b floor(a / b) of int32; 0 for b = 0. */
export const modInt32: Rule = (lane, [a], [b]) => {
  const quotient = wholeQuotient(lane, a, b, f64x2.floor);
  return [zeroForZero(lane, b, i32x4.sub(a, i32x4.mul(b, quotient)))];
};
