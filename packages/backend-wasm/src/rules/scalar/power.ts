import type { Code } from '../../encoding.ts';
import { choose, f64, get, i32 } from '../../instructions.ts';
import { expOfSum } from './exponential.ts';
import { partsOf } from './logarithm.ts';
import { horner, type ScalarCode, type ScalarWriter } from './scalar-code.ts';

const [x, y] = [get(0), get(1)];
const number = f64.const;
const infinity = number(Infinity);
const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;
const third = 1 / 3;
const thirdLow = 1.850371707708594e-17;
const tail = [5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25].map((n) => 1 / n);

/** x^y, as core/elementary/pow.ts. */
export const pow: ScalarCode = {
  parameters: 2,
  write: (scalar) => {
    scalar.returnWhen(i32.or(f64.eq(y, number(0)), f64.eq(x, number(1))), number(1));
    scalar.returnWhen(i32.or(f64.ne(x, x), f64.ne(y, y)), number(Number.NaN));
    const z = scalar.keep(f64.abs(x));
    const whole = scalar.keepInt(f64.eq(f64.floor(y), y));
    const negative = i32.and(f64.lt(x, number(0)), f64.lt(z, infinity));
    scalar.returnWhen(i32.and(negative, i32.eqz(whole)), number(Number.NaN));
    const even = f64.eq(f64.mul(f64.floor(f64.mul(y, number(0.5))), number(2)), y);
    // The sign of x where y is odd, that of 1 elsewhere: also of -0 and -Infinity.
    const sign = scalar.keep(choose(x, number(1), i32.and(whole, i32.eqz(even))));
    scalar.returnWhen(f64.eq(z, number(1)), f64.copysign(number(1), sign));
    const infinite = f64.eq(f64.abs(y), infinity);
    const edge = i32.or(i32.or(f64.eq(z, number(0)), f64.eq(z, infinity)), infinite);
    const grows = i32.eq(f64.gt(z, number(1)), f64.gt(y, number(0)));
    scalar.returnWhen(edge, f64.copysign(choose(infinity, number(0), grows), sign));
    const [high, low] = logOf(scalar, z);
    const exponent = scalar.keep(f64.mul(y, high));
    scalar.returnWhen(f64.gt(exponent, number(709.79)), f64.copysign(infinity, sign));
    scalar.returnWhen(f64.lt(exponent, number(-745.2)), f64.copysign(number(0), sign));
    const rest = scalar.keep(f64.add(productLow(scalar, y, high, exponent), f64.mul(y, low)));
    return f64.copysign(expOfSum(scalar, exponent, rest), sign);
  },
};

/** log z in two numbers. */
function logOf(scalar: ScalarWriter, z: Code): readonly [high: Code, low: Code] {
  const keep = (value: Code) => scalar.keep(value);
  const sum = (first: Code, ...others: readonly Code[]) =>
    others.reduce((total, part) => f64.add(total, part), first);
  const { k, f } = partsOf(scalar, z);
  const d = keep(f64.add(number(2), f));
  const dLow = f64.sub(f, f64.sub(d, number(2)));
  const s = keep(f64.div(f, d));
  const p = keep(f64.mul(s, d));
  const remainder = f64.sub(f64.sub(f64.sub(f, p), productLow(scalar, s, d, p)), f64.mul(s, dLow));
  const sLow = keep(f64.div(remainder, d));
  const square = keep(f64.mul(s, s));
  const squareLow = keep(f64.add(productLow(scalar, s, s, square), f64.mul(f64.mul(number(2), s), sLow)));
  const first = keep(f64.mul(square, number(third)));
  const firstLow = sum(
    productLow(scalar, square, number(third), first),
    f64.mul(square, number(thirdLow)),
    f64.mul(squareLow, number(third)),
  );
  const rest = keep(f64.mul(f64.mul(square, square), horner(square, tail)));
  const w = keep(f64.add(first, rest));
  const wLow = keep(sum(f64.sub(first, w), rest, firstLow));
  const a = keep(f64.mul(number(2), s));
  const aLow = keep(f64.mul(number(2), sLow));
  const v = keep(f64.mul(a, w));
  const vLow = sum(productLow(scalar, a, w, v), f64.mul(a, wLow), f64.mul(aLow, w));
  const m = keep(f64.add(a, v));
  const mLow = keep(sum(f64.sub(a, m), v, f64.add(aLow, vLow)));
  const turns = keep(f64.mul(k, number(ln2High)));
  const high = keep(f64.add(turns, m));
  const low = keep(sum(f64.sub(turns, high), m, f64.add(mLow, f64.mul(k, number(ln2Low)))));
  return [high, low];
}

/** What `product`, a b rounded, lacks. */
function productLow(scalar: ScalarWriter, a: Code, b: Code, product: Code): Code {
  const [aHigh, bHigh] = [upperHalf(scalar, a), upperHalf(scalar, b)];
  const [aLow, bLow] = [scalar.keep(f64.sub(a, aHigh)), scalar.keep(f64.sub(b, bHigh))];
  const crossed = f64.add(f64.sub(f64.mul(aHigh, bHigh), product), f64.mul(aHigh, bLow));
  return scalar.keep(f64.add(f64.add(crossed, f64.mul(aLow, bHigh)), f64.mul(aLow, bLow)));
}

function upperHalf(scalar: ScalarWriter, a: Code): Code {
  const c = scalar.keep(f64.mul(a, number(134217729)));
  return scalar.keep(f64.sub(c, f64.sub(c, a)));
}
