// pi / 2 in three parts: the first two have 33 bits, so that k times them is exact for k up to 2^20.
const halfPi1 = 1.5707963267341256;
const halfPi2 = 6.077100506303966e-11;
const halfPi3 = 2.0222662487959506e-21;
const farthest = 2 ** 20;

/** x = k pi/2 + high + low with |high| <= pi/4. */
export interface Reduced {
  readonly quadrant: number;
  readonly high: number;
  readonly low: number;
}

/**
 * x reduced by multiples of pi/2: in three parts of pi/2 up to 2^20 (Cody and Waite 1980), by the exact digits of 2/pi beyond. NaN for
 * what is not finite.
 */
export function reduced(x: number): Reduced {
  if (!Number.isFinite(x)) return { quadrant: 0, high: Number.NaN, low: 0 };
  if (Math.abs(x) > farthest) return reducedFar(x);
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

const bits = new DataView(new ArrayBuffer(8));
let twoOverPi: bigint | undefined;
const bitsOfTwoOverPi = 1216n;

/** x modulo pi / 2 with 1,216 bits of 2 / pi: enough for every float64. Slow, and rarely wanted. */
export function reducedFar(x: number): Reduced {
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
