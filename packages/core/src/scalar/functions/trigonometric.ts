import { reduced } from '../angle.ts';
import {
  abs,
  add,
  and,
  bits,
  cast,
  equal,
  fromBits,
  horner,
  host,
  less,
  lessEqual,
  low,
  madd,
  mul,
  nearest,
  neg,
  not,
  polynomial,
  rarely,
  select,
  shl,
  sub,
  xor,
} from '../operations.ts';
import { node, type Scalar } from '../scalar.ts';

/** Of x = k pi/2 + high + low: where k pi/2 in parts is no longer exact, the host has exact digits of 2/pi. */
const farthest = 2 ** 20;

const farQuadrant = (x: number): number => reduced(x).quadrant;
const farHigh = (x: number): number => reduced(x).high;
const farLow = (x: number): number => reduced(x).low;

/** The functions of the host that sines and cosines of large numbers call, for backends that have code of their own for them. */
export const farAngle = { quadrant: farQuadrant, high: farHigh, low: farLow } as const;

interface Angle {
  /** k modulo 4, as int32. */
  readonly quadrant: Scalar;
  readonly high: Scalar;
  readonly low: Scalar;
}

/** sin x; NaN for infinities. Of float64 about 1 ulp, of float32 within 2.1 ulp. */
export function sin(x: Scalar, doubles: boolean): Scalar {
  return trigonometric(x, 0, doubles);
}

/** cos x, the sine of the next quadrant. */
export function cos(x: Scalar, doubles: boolean): Scalar {
  return trigonometric(x, 1, doubles);
}

function trigonometric(x: Scalar, ahead: 0 | 1, doubles: boolean): Scalar {
  if (x.type === 'float64') return of64(x, ahead);
  return doubles ? of32(x, ahead) : of32Alone(x, ahead);
}

// pi / 2 in three parts: the first two have 33 bits, so that k times them is exact for k up to 2^20 (Cody and Waite 1980).
function reduce(x: Scalar): Angle {
  const k = nearest(mul(x, 0.6366197723675814));
  const left = sub(x, mul(k, 1.5707963267341256));
  // Each further part is taken off with the rounding error of the subtraction kept.
  const second = mul(k, 6.077100506303966e-11);
  const a = sub(left, second);
  const third = sub(mul(k, 2.0222662487959506e-21), sub(sub(left, a), second));
  const near = sub(a, third);
  const far = not(lessEqual(abs(x), farthest));
  const high = rarely(far, host(farHigh, x), near);
  return {
    quadrant: cast(rarely(far, host(farQuadrant, x), sub(k, mul(4, nearest(mul(k, 0.25))))), 'int32'),
    high,
    low: rarely(far, host(farLow, x), sub(sub(a, near), third)),
  };
}

function of64(x: Scalar, ahead: 0 | 1): Scalar {
  const { quadrant, high, low } = reduce(x);
  const place = add(quadrant, ahead);
  const isEven = equal(and(place, 1), 0);
  const y = select(isEven, sine64(high, low), cosine64(high, low));
  const signed = select(equal(and(place, 2), 0), y, neg(y));
  return ahead === 0 ? select(equal(x, 0), x, signed) : signed;
}

// Coefficients of fdlibm's k_sin.c and k_cos.c (Sun Microsystems, 1993).
function sine64(x: Scalar, tail: Scalar): Scalar {
  const z = mul(x, x);
  const v = mul(z, x);
  const r = horner(
    z,
    [
      8.33333333332249e-3, -1.984126982985795e-4, 2.7557313707070068e-6, -2.5050760253406863e-8,
      1.58969099521155e-10,
    ],
  );
  return sub(x, sub(sub(mul(z, sub(mul(0.5, tail), mul(v, r))), tail), mul(v, -0.16666666666666632)));
}

function cosine64(x: Scalar, tail: Scalar): Scalar {
  const z = mul(x, x);
  const r = mul(
    z,
    horner(
      z,
      [
        0.0416666666666666, -1.388888888887411e-3, 2.480158728947673e-5, -2.7557314351390663e-7,
        2.087572321298175e-9, -1.1359647557788195e-11,
      ],
    ),
  );
  const half = mul(0.5, z);
  const w = sub(1, half);
  return add(w, add(sub(sub(1, w), half), sub(mul(z, r), mul(x, tail))));
}

const shifter = 1.5 * 2 ** 52;

// x = k pi/2 + r in float64: r has all bits of a float32 next to multiples of pi, too.
function of32(x: Scalar, ahead: 0 | 1): Scalar {
  const wide = cast(x, 'float64');
  // The sum is a whole number plus 1.5 2^52, and its last bits are those of k; k itself is 0, never -0.
  const shifted = add(mul(wide, 2 / Math.PI), shifter);
  const k = sub(shifted, shifter);
  const near = cast(sub(sub(wide, mul(k, 1.5707963267341256)), mul(k, 6.077100506506192e-11)), 'float32');
  const powers = powersOf(near);
  // A factor of r, not a term beside it: the sign of 0 is kept.
  const sine = mul(near, madd(polynomial(powers.z, powers.fourth, sineTail), powers.z, 1));
  const usual = ofQuadrant(add(low(shifted), ahead), powers, sine);
  const far = less(farthest, abs(x));
  return rarely(far, cast(of64(wide, ahead), 'float32'), usual);
}

/** r with its square and fourth power. */
interface Powers {
  readonly r: Scalar;
  readonly z: Scalar;
  readonly fourth: Scalar;
}

function powersOf(r: Scalar): Powers {
  const z = mul(r, r);
  return { r, z, fourth: mul(z, z) };
}

function of32Alone(x: Scalar, ahead: 0 | 1): Scalar {
  const r: Scalar = node('turned', 'float32', [x]);
  const powers = powersOf(r);
  const { z, fourth } = powers;
  // One rounding less than a factor of r; small numbers are their own sine, and 0 keeps its sign.
  const sine = madd(mul(r, z), polynomial(z, fourth, sineTail), r);
  const y = ofQuadrant(add(node('turns', 'int32', [x]), ahead), powers, sine);
  return ahead === 0 ? select(less(abs(x), 2 ** -13), x, y) : y;
}

// Coefficients: S. Moshier, Cephes (sinf.c).
const sineTail = [-1.9515295891e-4, 8.3321608736e-3, -1.6666654611e-1];
const cosineTail = [2.443315711809948e-5, -1.388731625493765e-3, 4.166664568298827e-2];

/** sin(r + quadrant pi/2) of float32, from sin r. */
function ofQuadrant(quadrant: Scalar, { z, fourth }: Powers, sine: Scalar): Scalar {
  const cosine = madd(sub(mul(polynomial(z, fourth, cosineTail), z), 0.5), z, 1);
  const y = select(equal(and(quadrant, 1), 1), cosine, sine);
  return fromBits(xor(bits(y), and(shl(quadrant, 30), -(2 ** 31))));
}
