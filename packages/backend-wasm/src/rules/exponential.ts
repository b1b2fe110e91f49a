import type { Code } from '../encoding.ts';
import { f32x4, i32x4, v128 } from '../instructions.ts';
import type { Lane } from '../lane.ts';
import { minusProduct, multiplyAdd, polynomial } from './multiply-add.ts';

// x = n ln 2 + r with |r| <= ln 2 / 2, e^x = 2^n e^r; ln 2 in two parts, of which n times the first is exact.
// Coefficients: S. Moshier, Cephes (expf.c).
const ln2High = 0.693359375;
const ln2Low = -2.1219444e-4;
const tail = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
];

/** Of the exponent of a float32. */
const bias = 127;

interface Reduced {
  /** e^r - 1 */
  readonly power: Code;
  /** The float whose low 9 bits are n + `offset`. */
  readonly shifted: Code;
}

function reduce(lane: Lane, x: Code, offset: number): Reduced {
  const constant = (c: number) => lane.constant(f32x4.const(c));
  // Adding it rounds to a whole number.
  const shifter = 1.5 * 2 ** 23 + offset;
  const shifted = lane.keep(multiplyAdd(lane, x, constant(Math.LOG2E), constant(shifter)));
  const n = lane.keep(f32x4.sub(shifted, constant(shifter)));
  const near = minusProduct(lane, n, constant(ln2High), x);
  const r = lane.keep(minusProduct(lane, n, constant(ln2Low), near));
  const square = lane.keep(f32x4.mul(r, r));
  const power = multiplyAdd(lane, polynomial(lane, r, square, tail), square, r);
  return { power, shifted };
}

/** e^x, of float32; within 1.1 ulp. */
export function exp(lane: Lane, given: Code): Code {
  const constant = (c: number) => lane.constant(f32x4.const(c));
  // As the first operand of pmin and pmax a NaN passes.
  const x = lane.keep(f32x4.pmax(f32x4.pmin(given, constant(89)), constant(-104)));
  const { power, shifted } = reduce(lane, x, 2 * bias);
  // 2^n in two factors, since 2^128 is no float and a denormal result must be rounded only once.
  const half = lane.keep(i32x4.shrU(shifted, 1));
  const first = lane.keep(i32x4.shl(half, 23));
  const second = i32x4.shl(i32x4.sub(shifted, half), 23);
  return f32x4.mul(multiplyAdd(lane, power, first, first), second);
}

/** e^x for x in [-80, 80] or NaN. */
export function expWithin(lane: Lane, x: Code): Code {
  const { power, shifted } = reduce(lane, x, bias);
  const scale = lane.keep(i32x4.shl(shifted, 23));
  return multiplyAdd(lane, power, scale, scale);
}

/** e^x - 1 = 2^n (e^r - 1) + (2^n - 1), of float32; within 1.6 ulp. */
export function expm1(lane: Lane, given: Code): Code {
  const constant = (c: number) => lane.constant(f32x4.const(c));
  const x = lane.keep(f32x4.pmax(f32x4.pmin(given, constant(89)), constant(-18)));
  // 2^(n-1), since 2^128 is no float.
  const { power, shifted } = reduce(lane, x, bias - 1);
  const scale = lane.keep(i32x4.shl(shifted, 23));
  const half = lane.keep(multiplyAdd(lane, power, scale, f32x4.sub(scale, constant(0.5))));
  // Where x^2 / 2 is less than half a unit of x: denormals and the sign of 0 are kept.
  const tiny = f32x4.lt(f32x4.abs(given), constant(2 ** -25));
  return v128.bitselect(given, f32x4.add(half, half), tiny);
}
