// pi / 2 in three parts: the first two have 33 bits, so that k times them is exact for k up to 2^20.
const halfPi1 = 1.5707963267341256;
const halfPi2 = 6.077100506303966e-11;
const halfPi3 = 2.0222662487959506e-21;
const farthest = 2 ** 20;

/**
 * sin x in float64: x = k pi/2 + r with |r| <= pi/4, then the polynomial of the quadrant. The same bits on every engine; error
 * about 1 ulp for |x| up to 2^20, beyond which x is reduced by the exact digits of pi. NaN for infinities.
 * Source: coefficients of fdlibm's k_sin.c and k_cos.c (Sun Microsystems, 1993); reduction after Cody and Waite 1980.
 */
export function sin(x: number): number {
  if (x === 0) return x;
  const { quadrant, high, low } = reduce(x);
  const y = quadrant % 2 === 0 ? sinKernel(high, low) : cosKernel(high, low);
  return quadrant < 2 ? y : -y;
}

/** cos x in float64; as `sin`. */
export function cos(x: number): number {
  const { quadrant, high, low } = reduce(x);
  const y = quadrant % 2 === 0 ? cosKernel(high, low) : sinKernel(high, low);
  return quadrant === 0 || quadrant === 3 ? y : -y;
}

interface Reduced {
  readonly quadrant: number;
  readonly high: number;
  readonly low: number;
}

function reduce(x: number): Reduced {
  if (!Number.isFinite(x)) return { quadrant: 0, high: Number.NaN, low: 0 };
  if (Math.abs(x) > farthest) return reduceFar(x);
  const k = Math.round(x * 0.6366197723675814);
  const rest = x - k * halfPi1;
  // Each further part is taken off with the rounding error of the subtraction kept.
  const second = k * halfPi2;
  const a = rest - second;
  const lost = rest - a - second;
  const third = k * halfPi3 - lost;
  const high = a - third;
  return { quadrant: ((k % 4) + 4) % 4, high, low: a - high - third };
}

function sinKernel(x: number, tail: number): number {
  const z = x * x;
  const v = z * x;
  const r =
    8.33333333332249e-3 +
    z *
      (-1.984126982985795e-4 +
        z * (2.7557313707070068e-6 + z * (-2.5050760253406863e-8 + z * 1.58969099521155e-10)));
  return x - (z * (0.5 * tail - v * r) - tail - v * -0.16666666666666632);
}

function cosKernel(x: number, tail: number): number {
  const z = x * x;
  const r =
    z *
    (0.0416666666666666 +
      z *
        (-1.388888888887411e-3 +
          z *
            (2.480158728947673e-5 +
              z * (-2.7557314351390663e-7 + z * (2.087572321298175e-9 + z * -1.1359647557788195e-11)))));
  const half = 0.5 * z;
  const w = 1 - half;
  return w + (1 - w - half + (z * r - x * tail));
}

const bits = new DataView(new ArrayBuffer(8));
let twoOverPi: bigint | undefined;
const bitsOfTwoOverPi = 1216n;

/** x modulo pi / 2 with 1,216 bits of 2 / pi: enough for every float64. Slow, and rarely wanted. */
function reduceFar(x: number): Reduced {
  twoOverPi ??= (2n << (2n * bitsOfTwoOverPi)) / piTimes(bitsOfTwoOverPi);
  bits.setFloat64(0, Math.abs(x));
  const exponent = (bits.getUint32(0) >>> 20) - 1075;
  const mantissa = BigInt.asUintN(52, bits.getBigUint64(0)) + (1n << 52n);
  const turns = shifted(mantissa * twoOverPi, exponent);
  const rounded = (turns + (1n << (bitsOfTwoOverPi - 1n))) >> bitsOfTwoOverPi;
  const rest = turns - (rounded << bitsOfTwoOverPi);
  const kept = 120n;
  const part = (rest >> (bitsOfTwoOverPi - kept)) * piTimes(kept);
  const angle = part >> (kept + 1n);
  const high = Number(angle) / 2 ** 120;
  const low = Number(angle - BigInt(Math.round(high * 2 ** 53)) * (1n << 67n)) / 2 ** 120;
  const first = Math.round(high * 2 ** 53) / 2 ** 53;
  const sign = x < 0 ? -1 : 1;
  const quadrant = Number(rounded & 3n);
  return { quadrant: sign < 0 ? (4 - quadrant) % 4 : quadrant, high: sign * first, low: sign * low };
}

const shifted = (x: bigint, by: number) => (by < 0 ? x >> BigInt(-by) : x << BigInt(by));

/** pi 2^bits, by Machin's formula pi = 16 arctan 1/5 - 4 arctan 1/239. */
function piTimes(bits: bigint): bigint {
  const guard = 16n;
  const one = 1n << (bits + guard);
  const arctan = (n: bigint): bigint => {
    let power = one / n;
    let sum = power;
    for (let k = 3n; power !== 0n; k += 2n) {
      power = -power / (n * n);
      sum += power / k;
    }
    return sum;
  };
  return (16n * arctan(5n) - 4n * arctan(239n)) >> guard;
}
