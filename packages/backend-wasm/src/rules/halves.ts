import type { Code } from '../encoding.ts';
import { f32x4, f64x2, i64x2, shuffle } from '../instructions.ts';
import type { Four } from '../lane.ts';

// Between one register of 32-bit lanes and two of 64-bit lanes. What is split is read twice.

export type Halves = readonly [Code, Code];

export function halvesOf([low, high]: Four): Halves {
  if (high === undefined) throw new Error('got one register, expected the two of four float64');
  return [low, high];
}

export function eachHalf([low, high]: Halves, f: (half: Code) => Code): Halves {
  return [f(low), f(high)];
}

export function eachTwoHalves([a, b]: Halves, [c, d]: Halves, f: (x: Code, y: Code) => Code): Halves {
  return [f(a, c), f(b, d)];
}

export function promoteFloats(x: Code): Halves {
  return [f64x2.promoteLowF32x4(x), f64x2.promoteLowF32x4(upper(x))];
}

export function demoteFloats([low, high]: Halves): Code {
  return shuffle(f32x4.demoteF64x2Zero(low), f32x4.demoteF64x2Zero(high), [0, 1, 4, 5]);
}

export function convertInts(x: Code): Halves {
  return [f64x2.convertLowI32x4S(x), f64x2.convertLowI32x4S(upper(x))];
}

export function widenMask(x: Code): Halves {
  return [i64x2.extendLowI32x4S(x), i64x2.extendHighI32x4S(x)];
}

/** The lower 32 bits of each: of masks the mask, of float64 the last bits. */
export function lowerWords([low, high]: Halves): Code {
  return shuffle(low, high, [0, 2, 4, 6]);
}

/** Added to a whole float64 below 2^51 in size, it leaves that number modulo 2^32 in the lower 32 bits of the sum. */
export const integerShifter = 1.5 * 2 ** 52;

function upper(x: Code): Code {
  return shuffle(x, x, [2, 3, 2, 3]);
}
