import * as s from '../operations.ts';
import type { Scalar } from '../scalar.ts';
import { expOfSum } from './exponential.ts';
import { partsOf } from './logarithm.ts';

/**
 * x^y as e^(y log x), with log x and its product with y in two numbers each, so that 745 times the error of the logarithm is still below a
 * rounding; float64 under 1 ulp, float32 rounded from it where there is float64, else within 2 ulp. NaN, infinities, zeros and negative x as
 * in the table of IEEE 754 (2019, 9.2.1): x^0 = 1^y = 1 for every x and y, NaN included; a negative x has results for whole y alone.
 * Source: T. Dekker, A floating-point technique for extending the available precision, 1971.
 */
export function pow(x: Scalar, y: Scalar, doubles: boolean): Scalar {
  if (x.type === 'float32' && doubles)
    return s.cast(pow(s.cast(x, 'float64'), s.cast(y, 'float64'), doubles), 'float32');
  const z = s.abs(x);
  const isWhole = s.equal(s.floor(y), y);
  const isOdd = s.and(isWhole, s.not(s.equal(s.mul(s.floor(s.mul(y, 0.5)), 2), y)));
  const isEdge = s.or(s.or(s.equal(z, 0), s.equal(z, Infinity)), s.equal(s.abs(y), Infinity));
  const end = s.select(s.xor(s.less(1, z), s.less(0, y)), s.number(0, x.type), Infinity);
  const size = s.select(s.equal(z, 1), 1, s.select(isEdge, end, powerOf(z, y)));
  // The sign of x where y is odd: also of -0 and -Infinity.
  const signed = s.withSign(size, s.select(isOdd, x, 1));
  const isBetween = s.and(s.and(s.less(x, 0), s.less(z, Infinity)), s.not(isWhole));
  const isNumber = s.and(s.equal(x, x), s.equal(y, y));
  const defined = s.select(s.and(isNumber, s.not(isBetween)), signed, Number.NaN);
  return s.select(s.or(s.equal(y, 0), s.equal(x, 1)), 1, defined);
}

/** Numbers in two parts, whose sum is theirs, and where results overflow or are 0. */
const constants = {
  float64: {
    ln2: [0.6931471803691238, 1.9082149292705877e-10],
    third: [1 / 3, 1.850371707708594e-17],
    tail: [5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25].map((n) => 1 / n),
    most: 709.79,
    least: -745.2,
  },
  float32: {
    ln2: [6.9313812256e-1, 9.0580006145e-6],
    third: [Math.fround(1 / 3), -9.934107e-9],
    tail: [1 / 5, 1 / 7, 1 / 9, 1 / 11],
    most: 88.8,
    least: -104,
  },
} as const;

/**
 * With z = 2^k (1 + f), 1 + f in [sqrt 1/2, sqrt 2), s = f / (2 + f) and w = s^2/3 + s^4/5 + ...: log z = k ln 2 + 2 s (1 + w). Names that end
 * in Low are what a number lacks of the exact one.
 */
function powerOf(z: Scalar, y: Scalar): Scalar {
  const { ln2, third, tail, most, least } = constants[z.type === 'float32' ? 'float32' : 'float64'];
  const { k, f } = partsOf(z);
  const d = s.add(2, f);
  const dLow = s.sub(f, s.sub(d, 2));
  const q = s.div(f, d);
  const p = s.mul(q, d);
  const qLow = s.div(s.sub(s.sub(s.sub(f, p), productLow(q, d, p)), s.mul(q, dLow)), d);
  const square = s.mul(q, q);
  const squareLow = s.add(productLow(q, q, square), s.mul(s.mul(2, q), qLow));
  const first = s.mul(square, third[0]);
  const firstLow = s.add(
    s.add(productLow(square, s.number(third[0], z.type), first), s.mul(square, third[1])),
    s.mul(squareLow, third[0]),
  );
  const rest = s.mul(s.mul(square, square), s.horner(square, tail));
  const w = s.add(first, rest);
  const wLow = s.add(s.add(s.sub(first, w), rest), firstLow);
  const a = s.mul(2, q);
  const aLow = s.mul(2, qLow);
  const v = s.mul(a, w);
  const vLow = s.add(s.add(productLow(a, w, v), s.mul(a, wLow)), s.mul(aLow, w));
  const m = s.add(a, v);
  const mLow = s.add(s.add(s.sub(a, m), v), s.add(aLow, vLow));
  const turns = s.mul(k, ln2[0]);
  const high = s.add(turns, m);
  const low = s.add(s.add(s.sub(turns, high), m), s.add(mLow, s.mul(k, ln2[1])));
  const exponent = s.mul(y, high);
  const power = expOfSum(exponent, s.add(productLow(y, high, exponent), s.mul(y, low)));
  return s.select(s.less(most, exponent), Infinity, s.select(s.less(exponent, least), 0, power));
}

/** The part of a b that `product`, a b rounded, lacks: the products of halves are exact. */
function productLow(a: Scalar, b: Scalar, product: Scalar): Scalar {
  const [aHigh, bHigh] = [upperHalf(a), upperHalf(b)];
  const [aLow, bLow] = [s.sub(a, aHigh), s.sub(b, bHigh)];
  const crossed = s.add(s.sub(s.mul(aHigh, bHigh), product), s.mul(aHigh, bLow));
  return s.add(s.add(crossed, s.mul(aLow, bHigh)), s.mul(aLow, bLow));
}

/** The first 26 bits of a float64, 12 of a float32. */
function upperHalf(a: Scalar): Scalar {
  if (a.type === 'float32') return s.fromBits(s.and(s.bits(a), 0xfffff000 | 0));
  const c = s.mul(a, 134217729);
  return s.sub(c, s.sub(c, a));
}
