import type { SmallFloat } from './element-types.ts';

const known = new WeakMap<SmallFloat, Float64Array>();

/** The numbers of all bit patterns of a format. Source: IEEE 754, 3.4; OCP 8-bit floats of 2023; OCP microscaling formats of 2023. */
export function numbersOfFormat(format: SmallFloat): Float64Array {
  let numbers = known.get(format);
  if (numbers === undefined) {
    numbers = Float64Array.from({ length: 2 ** format.bits }, (_, pattern) => decoded(pattern, format));
    known.set(format, numbers);
  }
  return numbers;
}

function decoded(pattern: number, format: SmallFloat): number {
  const { bits, mantissa, lowest, largest, beyond, hasNaN, oneZero } = format;
  if (mantissa === 0) return pattern === 2 ** bits - 1 ? Number.NaN : 2 ** (pattern + lowest);
  const half = 2 ** (bits - 1);
  const sign = pattern >= half ? -1 : 1;
  const rest = pattern % half;
  if (oneZero === true && pattern === half) return Number.NaN;
  const [exponent, part] = [Math.floor(rest / 2 ** mantissa), rest % 2 ** mantissa];
  if (exponent === 0) return sign * part * 2 ** (lowest - mantissa);
  const number = (1 + part / 2 ** mantissa) * 2 ** (exponent - 1 + lowest);
  if (number <= largest || !(hasNaN || beyond === 'infinity')) return sign * number;
  return beyond === 'infinity' && part === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
}
