import type { DType } from '@pullback/core';
import { type Code, types } from './encoding.ts';
import { get, set } from './instructions.ts';
import type { Locals } from './module.ts';

/**
 * Four neighbouring elements in registers. float32 and int32 are one v128 each, bool is a mask of four 32-bit lanes (all ones where it
 * holds), uint8 is widened to int32; float64 is two v128, the first two elements and the last two.
 */
export type Four = readonly [Code] | readonly [Code, Code];

/** The instructions for one elementwise primitive on four elements; operands may be read several times. */
export type Rule = (lane: Lane, ...operands: readonly Four[]) => Four;

export interface LaneOptions {
  /** Whether relaxed multiply-add may be used; without it results are the same bits on every machine. */
  readonly relaxed?: boolean;
  /** Functions of the module for what is computed one float64 at a time: the index to call `name` by, (f64) -> f64. */
  readonly scalarFunction?: (name: string) => number;
}

/** Where the code for four elements is written: statements so far, and new locals. */
export class Lane {
  readonly statements: Code[] = [];

  constructor(
    readonly locals: Locals,
    readonly options: LaneOptions = {},
  ) {}

  /** The v128 in a local, to be used several times. */
  keep(value: Code): Code {
    const local = this.locals.make(types.v128);
    this.statements.push(set(local, value));
    return get(local);
  }

  keepAll(four: Four): Four {
    const [first, second] = four;
    return second === undefined ? [this.keep(first)] : [this.keep(first), this.keep(second)];
  }
}

/** How many v128 four elements take. */
export function registersOf(dtype: DType): 1 | 2 {
  return dtype === 'float64' ? 2 : 1;
}
