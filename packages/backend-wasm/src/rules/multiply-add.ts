import type { Code } from '../encoding.ts';
import { f32x4 } from '../instructions.ts';
import type { Lane } from '../lane.ts';

// For float32 functions whose error bounds hold with one rounding as with two.

/** a b + c */
export function multiplyAdd(lane: Lane, a: Code, b: Code, c: Code): Code {
  return lane.options.relaxed ? f32x4.relaxedMadd(a, b, c) : f32x4.add(f32x4.mul(a, b), c);
}

/** c - a b */
export function minusProduct(lane: Lane, a: Code, b: Code, c: Code): Code {
  return lane.options.relaxed ? f32x4.relaxedNmadd(a, b, c) : f32x4.sub(c, f32x4.mul(a, b));
}

/**
 * A polynomial in x, given with its square; coefficients from that of the highest power on. Horner's scheme in x^2 over pairs a x + b: the
 * chain of operations that wait for each other is half as long, and that is what a loop over long chains waits for.
 */
export function polynomial(lane: Lane, x: Code, square: Code, coefficients: readonly number[]): Code {
  const constant = (c: number) => lane.constant(f32x4.const(c));
  const [highest = 0, ...others] = coefficients;
  const pairs: Code[] = [];
  if (coefficients.length % 2 === 1) pairs.push(constant(highest));
  const paired = pairs.length === 1 ? others : coefficients;
  for (let i = 0; i < paired.length; i += 2) {
    const [a = 0, b = 0] = paired.slice(i, i + 2);
    pairs.push(lane.keep(multiplyAdd(lane, constant(a), x, constant(b))));
  }
  const [first = [], ...rest] = pairs;
  return rest.reduce<Code>((sum, pair) => multiplyAdd(lane, sum, square, pair), first);
}
