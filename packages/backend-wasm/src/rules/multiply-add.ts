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

/** Horner's scheme; coefficients from that of the highest power on. */
export function polynomial(lane: Lane, x: Code, [highest = 0, ...others]: readonly number[]): Code {
  const constant = (c: number) => lane.constant(f32x4.const(c));
  return others.reduce<Code>((sum, c) => multiplyAdd(lane, sum, x, constant(c)), constant(highest));
}
