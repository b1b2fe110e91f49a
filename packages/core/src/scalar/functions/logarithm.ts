import {
  abs,
  add,
  and,
  bits,
  cast,
  div,
  equal,
  fromBits,
  fromWords,
  high,
  horner,
  less,
  lessEqual,
  low,
  madd,
  mul,
  nmadd,
  not,
  number,
  or,
  polynomial,
  rarely,
  select,
  shl,
  shrS,
  shrU,
  sub,
} from '../operations.ts';
import type { Scalar } from '../scalar.ts';

/** The natural logarithm; log 0 = -Infinity, NaN below 0. Of float64 within 1 ulp, of float32 within 0.9 ulp. */
export function log(x: Scalar): Scalar {
  const wide = x.type === 'float64';
  const usual = wide ? log64(x, 0) : log32(x, 0);
  const moved = wide ? log64(amongNormals(x), 54) : log32(amongNormals(x), 149);
  const ends = select(
    less(x, 0),
    Number.NaN,
    select(equal(x, 0), -Infinity, select(less(x, Infinity), moved, x)),
  );
  return rarely(isUnusual(x), ends, usual);
}

/** Whether x is not positive, finite and normal: of float32 one comparison, as of unsigned integers. */
function isUnusual(x: Scalar): Scalar {
  if (x.type === 'float64') return not(and(lessEqual(smallestNormal(x), x), less(x, Infinity)));
  const [smallest, infinity] = [0x00800000, 0x7f800000];
  return lessEqual(infinity - smallest - 2 ** 31, sub(bits(x), smallest - 2 ** 31));
}

function smallestNormal({ type }: Scalar): Scalar {
  return number(type === 'float64' ? 2 ** -1022 : 2 ** -126, type);
}

/** A positive denormal number times 2^54, or of float32 2^149: its bits are that number, and adapters that take it as 0 read them all the same. */
function amongNormals(x: Scalar): Scalar {
  return x.type === 'float64' ? mul(x, 2 ** 54) : cast(bits(x), 'float32');
}

/** x = 2^k (1 + f) with 1 + f in [sqrt 1/2, sqrt 2). */
export interface Parts {
  readonly k: Scalar;
  readonly f: Scalar;
}

/** The parts of a positive and finite x, also of a denormal one. */
export function partsOf(x: Scalar): Parts {
  const isDenormal = less(x, smallestNormal(x));
  const by = x.type === 'float64' ? 54 : 149;
  const normal = select(isDenormal, amongNormals(x), x);
  const { k, f } = x.type === 'float64' ? parts64(normal, 0) : parts32(normal, 0);
  return { k: select(isDenormal, sub(k, by), k), f };
}

function parts64(x: Scalar, shift: number): Parts {
  const upper = high(x);
  const fraction = and(upper, 0xfffff);
  const above = cast(less(0x6a09e, fraction), 'int32');
  const k = cast(sub(add(shrU(upper, 20), above), 1023 + shift), 'float64');
  const m = fromWords(or(fraction, sub(0x3ff00000, shl(above, 20))), low(x));
  return { k, f: sub(m, 1) };
}

// log m = 2 artanh(s), s = (m-1)/(m+1), from a polynomial in s^2. Reduction and coefficients of fdlibm's e_log.c (Sun Microsystems, 1993).
function log64(x: Scalar, shift: number): Scalar {
  const { k, f } = parts64(x, shift);
  const s = div(f, add(2, f));
  const z = mul(s, s);
  const w = mul(z, z);
  const even = mul(w, horner(w, [0.3999999999940942, 0.22222198432149784, 0.15313837699209373]));
  const odd = mul(
    z,
    horner(w, [0.6666666666666735, 0.2857142874366239, 0.1818357216161805, 0.14798198605116586]),
  );
  const half = mul(mul(0.5, f), f);
  const sum = add(mul(s, add(add(half, even), odd)), mul(k, 1.9082149292705877e-10));
  return sub(mul(k, 0.6931471803691238), sub(sub(half, sum), f));
}

/** The bits of sqrt 1/2 as float32. */
const rootHalf = 0x3f3504f3;

/** k of x = 2^k (1 + f) with 1 + f in [sqrt 1/2, sqrt 2), of float32. */
function exponentOf(x: Scalar): Scalar {
  return shrS(sub(bits(x), rootHalf), 23);
}

function parts32(x: Scalar, shift: number): Parts {
  const exponent = exponentOf(x);
  const f = sub(fromBits(sub(bits(x), shl(exponent, 23))), 1);
  return { k: cast(shift === 0 ? exponent : sub(exponent, shift), 'float32'), f };
}

function log32(x: Scalar, shift: number): Scalar {
  return combine(parts32(x, shift));
}

const tail = [
  7.0376836292e-2, -1.151461031e-1, 1.167699874e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
  2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
];

// k ln 2 + log(1 + f). Coefficients: S. Moshier, Cephes (logf.c).
function combine({ k, f }: Parts): Scalar {
  const z = mul(f, f);
  const cubic = mul(polynomial(f, z, tail), mul(f, z));
  const small = nmadd(z, 0.5, madd(k, -2.1219444e-4, cubic));
  return madd(k, 0.693359375, add(f, small));
}

/** log(1 + x) without cancellation near 0; of float64 a few ulp, of float32 within 1.4 ulp. */
export function log1p(x: Scalar): Scalar {
  return x.type === 'float64' ? log1pOf64(x) : log1pOf32(x);
}

// With u = 1 + x rounded, log(u) x / (u - 1), in which the rounding of u cancels: W. Kahan, as given by N. Higham, Accuracy and Stability of
// Numerical Algorithms, 1.14.1.
function log1pOf64(x: Scalar): Scalar {
  const u = add(1, x);
  const corrected = div(mul(log(u), x), sub(u, 1));
  return select(equal(u, 1), x, select(equal(u, Infinity), u, corrected));
}

// k from 1 + x rounded, f = 2^-k x + (2^-k - 1), which is x itself for k = 0.
function log1pOf32(x: Scalar): Scalar {
  const u = add(x, 1);
  const exponent = exponentOf(u);
  // 4 times 2^-k, since 2^-128 is no normal float.
  const scale = fromBits(sub(bits(number(4, 'float32')), shl(exponent, 23)));
  const f = madd(mul(x, 0.25), scale, sub(mul(scale, 0.25), 1));
  // Where x^2 / 2 is less than half a unit of x: denormals and the sign of 0 are kept.
  const usual = select(less(abs(x), 2 ** -25), x, combine({ k: cast(exponent, 'float32'), f }));
  const ends = select(equal(u, 0), -Infinity, select(less(u, 0), Number.NaN, u));
  return rarely(isUnusual(u), ends, usual);
}
