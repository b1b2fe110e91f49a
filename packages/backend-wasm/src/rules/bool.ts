import { i32x4, v128 } from '../instructions.ts';
import type { Rule } from '../lane.ts';
import { instruction } from './each-register.ts';

/** Of bools, which are masks. */
export const bool: Readonly<Record<string, Rule>> = {
  and: instruction(v128.and),
  or: instruction(v128.or),
  not: instruction(v128.not),
  equal: instruction(i32x4.eq),
};
