import { v128 } from '../instructions.ts';
import type { Rule } from '../lane.ts';
import { widenMask } from './halves.ts';

/** a where the mask holds, else b, of any dtype. */
export const select: Rule = (_, [mask], [a, aHigh], [b, bHigh]) => {
  if (aHigh === undefined || bHigh === undefined) return [v128.bitselect(a, b, mask)];
  const [low, high] = widenMask(mask);
  return [v128.bitselect(a, b, low), v128.bitselect(aHigh, bHigh, high)];
};
