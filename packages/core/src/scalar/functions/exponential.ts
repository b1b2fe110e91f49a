import {
  abs,
  add,
  bits,
  count,
  div,
  equal,
  floor,
  fromBits,
  higher,
  horner,
  less,
  lower,
  madd,
  mul,
  nearest,
  nmadd,
  or,
  polynomial,
  scale,
  select,
  shl,
  shrU,
  sub,
} from '../operations.ts';
import type { Scalar } from '../scalar.ts';
import { log } from './logarithm.ts';

/** x = n ln 2 + r with |r| <= ln 2 / 2, of float32. */
interface Reduced {
  /** The bits of a float32 whose last ones are n + `offset`. */
  readonly shifted: Scalar;
  /** e^r - 1 */
  readonly power: Scalar;
}

/** Of the exponent of a float32. */
const bias = 127;

/** e^x. Of float64 within 1 ulp, overflows past 709.78, to 0 below -745.13; of float32 within 1.1 ulp. */
export function exp(x: Scalar): Scalar {
  return x.type === 'float64' ? exp64(x) : exp32(x);
}

/** e^x - 1 without cancellation near 0. */
export function expm1(x: Scalar): Scalar {
  return x.type === 'float64' ? expm1Of64(x) : expm1Of32(x);
}

function exp64(x: Scalar): Scalar {
  const finite = select(less(709.782712893384, x), Infinity, expSum64(x));
  return select(less(x, -745.1332191019411), 0, finite);
}

/** e^(x + tail) for a tail that is small beside x, where the result is neither too large nor 0. */
export function expOfSum(x: Scalar, tail: Scalar): Scalar {
  return x.type === 'float64' ? expSum64(x, tail) : expSum32(x, tail);
}

// Reduction and coefficients of fdlibm's e_exp.c (Sun Microsystems, 1993).
function expSum64(x: Scalar, rest?: Scalar): Scalar {
  const n = nearest(mul(x, Math.LOG2E));
  const high = sub(x, mul(n, 0.6931471803691238));
  const part = mul(n, 1.9082149292705877e-10);
  const low = rest === undefined ? part : sub(part, rest);
  const r = sub(high, low);
  const t = mul(r, r);
  const polynomialOfT = horner(
    t,
    [
      0.16666666666666602, -0.0027777777777015593, 6.613756321437934e-5, -1.6533902205465252e-6,
      4.1381367970572385e-8,
    ],
  );
  const c = sub(r, mul(t, polynomialOfT));
  const y = sub(1, sub(sub(low, div(mul(r, c), sub(2, c))), high));
  // Two factors, since 2^1024 is no float64 and 2^-1074 must be rounded only once.
  const half = floor(mul(n, 0.5));
  return scale(scale(y, half), sub(n, half));
}

// With u = e^x rounded, (u - 1) (x / log u), in which the rounding of u cancels: W. Kahan, as given by N. Higham, Accuracy and Stability of
// Numerical Algorithms, 1.14.1.
function expm1Of64(x: Scalar): Scalar {
  const u = exp64(x);
  const less1 = sub(u, 1);
  const corrected = mul(less1, div(x, log(u)));
  const end = or(equal(less1, -1), equal(u, Infinity));
  return select(equal(u, 1), x, select(end, less1, corrected));
}

const tail = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
];

// ln 2 in two parts, of which n times the first is exact. Coefficients: S. Moshier, Cephes (expf.c).
function reduce(x: Scalar, offset: number, rest?: Scalar): Reduced {
  const shifter = 1.5 * 2 ** 23 + offset;
  const shifted = count(x, Math.LOG2E, shifter);
  const n = sub(shifted, shifter);
  const near = nmadd(n, -2.1219444e-4, nmadd(n, 0.693359375, x));
  const r = rest === undefined ? near : add(near, rest);
  const square = mul(r, r);
  return { shifted: bits(shifted), power: madd(polynomial(r, square, tail), square, r) };
}

function exp32(given: Scalar): Scalar {
  // As the first operand of `lower` and `higher` a NaN passes.
  return expSum32(higher(lower(given, 89), -104));
}

function expSum32(x: Scalar, rest?: Scalar): Scalar {
  const { shifted, power } = reduce(x, 2 * bias, rest);
  // 2^n in two factors, since 2^128 is no float and a denormal result must be rounded only once.
  const half = shrU(shifted, 1);
  const first = fromBits(shl(half, 23));
  const second = fromBits(shl(sub(shifted, half), 23));
  return mul(madd(power, first, first), second);
}

/** e^x of float32 for x in [-80, 80] or NaN. */
export function expWithin(x: Scalar): Scalar {
  const { shifted, power } = reduce(x, bias);
  const one = fromBits(shl(shifted, 23));
  return madd(power, one, one);
}

// 2^n (e^r - 1) + (2^n - 1), within 1.6 ulp.
function expm1Of32(given: Scalar): Scalar {
  // 2^(n-1), since 2^128 is no float.
  const { shifted, power } = reduce(higher(lower(given, 89), -18), bias - 1);
  const one = fromBits(shl(shifted, 23));
  const half = madd(power, one, sub(one, 0.5));
  // Where x^2 / 2 is less than half a unit of x: denormals and the sign of 0 are kept.
  return select(less(abs(given), 2 ** -25), given, add(half, half));
}
