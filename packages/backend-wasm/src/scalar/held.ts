import type { Code } from '../encoding.ts';
import { type Wide, wordsOf } from './halves.ts';

/** A scalar of four elements, or of two, in registers. */
export interface Held {
  readonly registers: Wide;
  /** Whether lanes have 64 bits: float64, and masks made of it. */
  readonly isWide: boolean;
}

export const narrow = (register: Code): Held => ({ registers: [register], isWide: false });
export const wide = (registers: Wide): Held => ({ registers, isWide: true });

/** A mask of 32-bit lanes. One of 64-bit lanes is read once. */
export function narrowMask({ registers, isWide }: Held): Code {
  return isWide ? wordsOf(registers, 'lower') : registers[0];
}
