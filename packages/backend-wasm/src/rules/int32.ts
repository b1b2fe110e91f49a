import { i32x4 } from '../instructions.ts';
import type { Rule } from '../lane.ts';
import { instruction } from './each-register.ts';
import { divInt32, modInt32 } from './quotients.ts';

const same: Rule = (_, x) => x;

/** Modulo 2^32. */
export const int32: Readonly<Record<string, Rule>> = {
  neg: instruction(i32x4.neg),
  add: instruction(i32x4.add),
  sub: instruction(i32x4.sub),
  mul: instruction(i32x4.mul),
  div: divInt32,
  mod: modInt32,
  floor: same,
  ceil: same,
  round: same,
  sign: (lane, [x]) => [
    i32x4.maxS(i32x4.minS(x, lane.constant(i32x4.const(1))), lane.constant(i32x4.const(-1))),
  ],
  abs: instruction(i32x4.abs),
  square: (_, [x]) => [i32x4.mul(x, x)],
  maximum: instruction(i32x4.maxS),
  minimum: instruction(i32x4.minS),
  equal: instruction(i32x4.eq),
  less: instruction(i32x4.ltS),
  lessEqual: instruction(i32x4.leS),
};

/** Bytes are only stored and compared; in registers they are int32. */
export const uint8: Readonly<Record<string, Rule>> = { equal: instruction(i32x4.eq) };
