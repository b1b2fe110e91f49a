const ln2High = 0.6931471803691238;
const ln2Low = 1.9082149292705877e-10;

/**
 * e^x in float64 by x = k ln 2 + r, |r| <= ln 2 / 2, e^x = 2^k e^r, with e^r from a rational approximation in r^2.
 * The same bits on every engine; error under 1 ulp; overflows to Infinity past 709.78, to 0 below -745.13.
 * Source: the reduction and coefficients of fdlibm's e_exp.c (Sun Microsystems, 1993).
 */
export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019411) return 0;
  return expOfSum(x, 0);
}

/** e^(x + tail) for a tail that is small beside x, without the edges of `exp`. */
export function expOfSum(x: number, tail: number): number {
  const k = Math.round(x * Math.LOG2E);
  const high = x - k * ln2High;
  const low = k * ln2Low - tail;
  const r = high - low;
  const t = r * r;
  const c =
    r -
    t *
      (0.16666666666666602 +
        t *
          (-0.0027777777777015593 +
            t * (6.613756321437934e-5 + t * (-1.6533902205465252e-6 + t * 4.1381367970572385e-8))));
  const y = 1 - (low - (r * c) / (2 - c) - high);
  // Two factors, since 2^1024 is no float64 and 2^-1074 must be rounded only once.
  const half = k >> 1;
  return y * powerOfTwo(half) * powerOfTwo(k - half);
}

const bits = new DataView(new ArrayBuffer(8));

function powerOfTwo(k: number): number {
  bits.setUint32(0, (k + 1023) << 20);
  return bits.getFloat64(0);
}
