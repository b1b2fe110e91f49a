import type { Code } from '../encoding.ts';
import { f32x4, f64x2, i64x2, shuffle } from '../instructions.ts';

// Between one register of 32-bit lanes and one or two of 64-bit lanes, which hold the first two elements and the last two. What is split is
// read twice.

/** One or two registers of 64-bit lanes. */
export type Wide = readonly [Code] | readonly [Code, Code];

/** `f` of each register. */
export function eachWide(f: (...x: readonly Code[]) => Code, [first, ...others]: readonly Wide[]): Wide {
  const at = (i: 0 | 1) => f(first?.[i] ?? [], ...others.map((x) => x[i] ?? []));
  return first?.length === 2 ? [at(0), at(1)] : [at(0)];
}

/** The 32-bit halves of all 64-bit lanes, the lower ones or the upper ones, side by side. */
export function wordsOf([low, high = low]: Wide, which: 'lower' | 'upper'): Code {
  return shuffle(low, high, which === 'lower' ? [0, 2, 4, 6] : [1, 3, 5, 7]);
}

/** 64-bit lanes of two words each. */
export function joinWords(lower: Code, upper: Code, registers: 1 | 2): Wide {
  const first = shuffle(lower, upper, [0, 4, 1, 5]);
  return registers === 1 ? [first] : [first, shuffle(lower, upper, [2, 6, 3, 7])];
}

export function promoteFloats(x: Code, registers: 1 | 2): Wide {
  const first = f64x2.promoteLowF32x4(x);
  return registers === 1 ? [first] : [first, f64x2.promoteLowF32x4(upper(x))];
}

export function demoteFloats([low, high]: Wide): Code {
  if (high === undefined) return f32x4.demoteF64x2Zero(low);
  return shuffle(f32x4.demoteF64x2Zero(low), f32x4.demoteF64x2Zero(high), [0, 1, 4, 5]);
}

export function convertInts(x: Code, registers: 1 | 2): Wide {
  const first = f64x2.convertLowI32x4S(x);
  return registers === 1 ? [first] : [first, f64x2.convertLowI32x4S(upper(x))];
}

export function widenMask(x: Code, registers: 1 | 2): Wide {
  const first = i64x2.extendLowI32x4S(x);
  return registers === 1 ? [first] : [first, i64x2.extendHighI32x4S(x)];
}

/** Added to a whole float64 below 2^51 in size, it leaves that number modulo 2^32 in the lower 32 bits of the sum. */
export const integerShifter = 1.5 * 2 ** 52;

function upper(x: Code): Code {
  return shuffle(x, x, [2, 3, 2, 3]);
}
