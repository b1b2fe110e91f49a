import type { Code } from '../encoding.ts';
import { i32 } from '../instructions.ts';

/** `code` + n, without an addition of 0. */
export const plus = (code: Code, n: number): Code => (n === 0 ? code : i32.add(code, i32.const(n)));

/** `code` times n. */
export const times = (code: Code, n: number): Code =>
  n === 0 ? i32.const(0) : n === 1 ? code : i32.mul(code, i32.const(n));

/** Strides of a factor in elements: from one of its lines (rows of A, columns of B) to the next, and along the inner dimension. */
export interface Strides {
  readonly across: number;
  readonly along: number;
}

/** `count` elements `stride` bytes apart. Offsets of loads cannot be negative, so these count from the lowest address. */
export interface Strided {
  /** From the first element to the lowest one, 0 or less. */
  readonly lowest: number;
  readonly offset: (index: number) => number;
}

export function strided(count: number, stride: number): Strided {
  const lowest = Math.min(0, (count - 1) * stride);
  return { lowest, offset: (index) => index * stride - lowest };
}
