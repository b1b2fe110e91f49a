import { expOfSum } from './exp.ts';

/**
 * x^y in float64 as e^(y log x), with log x and its product with y in two numbers each, so that 745 times the error of the logarithm is still
 * below a rounding. The same bits on every engine; error under 1 ulp. NaN, infinities, zeros and negative x as in the table of
 * IEEE 754 (2019, 9.2.1): x^0 = 1^y = 1 for every x and y, NaN included; a negative x has results for whole y alone.
 * Source: T. Dekker, A floating-point technique for extending the available precision, 1971.
 */
export function pow(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return Number.NaN;
  const z = Math.abs(x);
  const whole = Math.floor(y) === y;
  if (x < 0 && z < Infinity && !whole) return Number.NaN;
  const odd = whole && Math.floor(y * 0.5) * 2 !== y;
  const size = sizeOf(z, y);
  return odd && (x < 0 || Object.is(x, -0)) ? -size : size;
}

function sizeOf(z: number, y: number): number {
  if (z === 1) return 1;
  if (z === 0 || z === Infinity || Math.abs(y) === Infinity) return z > 1 === y > 0 ? Infinity : 0;
  return powerOf(z, y);
}

const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;
const third = 1 / 3;
/** What 1/3 is more than its float64. */
const thirdLow = 1.850371707708594e-17;
/** 1/5 + z/7 + z^2/9 + ... */
const tail = [1 / 5, 1 / 7, 1 / 9, 1 / 11, 1 / 13, 1 / 15, 1 / 17, 1 / 19, 1 / 21, 1 / 23, 1 / 25];
const bits = new DataView(new ArrayBuffer(8));

/**
 * With z = 2^k (1 + f) in [sqrt 1/2, sqrt 2) 2^k, s = f / (2 + f) and w = s^2/3 + s^4/5 + ...: log z = k ln 2 + 2 s (1 + w). Names that end in Low are
 * what a number lacks of the exact one.
 */
function powerOf(z: number, y: number): number {
  const denormal = z < 2.2250738585072014e-308;
  bits.setFloat64(0, denormal ? z * 18014398509481984 : z);
  const upper = bits.getUint32(0);
  const fraction = upper & 0xfffff;
  const above = fraction > 0x6a09e;
  const k = (upper >>> 20) - 1023 - (denormal ? 54 : 0) + (above ? 1 : 0);
  bits.setUint32(0, fraction | (above ? 0x3fe00000 : 0x3ff00000));
  const f = bits.getFloat64(0) - 1;
  const d = 2 + f;
  const dLow = f - (d - 2);
  const s = f / d;
  const p = s * d;
  const sLow = (f - p - productLow(s, d, p) - s * dLow) / d;
  const square = s * s;
  const squareLow = productLow(s, s, square) + 2 * s * sLow;
  const first = square * third;
  const firstLow = productLow(square, third, first) + square * thirdLow + squareLow * third;
  const rest = square * square * tail.reduceRight((sum, c) => c + square * sum, 0);
  const w = first + rest;
  const wLow = first - w + rest + firstLow;
  const a = 2 * s;
  const aLow = 2 * sLow;
  const v = a * w;
  const vLow = productLow(a, w, v) + a * wLow + aLow * w;
  const m = a + v;
  const mLow = a - m + v + (aLow + vLow);
  const turns = k * ln2High;
  const high = turns + m;
  const low = turns - high + m + (mLow + k * ln2Low);
  const exponent = y * high;
  if (exponent > 709.79) return Infinity;
  if (exponent < -745.2) return 0;
  return expOfSum(exponent, productLow(y, high, exponent) + y * low);
}

/** What `product`, a b rounded, lacks. */
function productLow(a: number, b: number, product: number): number {
  const [aHigh, bHigh] = [upperHalf(a), upperHalf(b)];
  const [aLow, bLow] = [a - aHigh, b - bHigh];
  return aHigh * bHigh - product + aHigh * bLow + aLow * bHigh + aLow * bLow;
}

/** The first 26 bits. */
function upperHalf(a: number): number {
  const c = a * 134217729;
  return c - (c - a);
}
