import type { DType } from '@pullback/core';
import { type Code, textOf, types } from './encoding.ts';
import { get, set } from './instructions.ts';
import type { Locals } from './module.ts';
import type { Calls } from './scalar/calls.ts';

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
  /** Functions of the module for what is computed one float64 at a time. */
  readonly calls?: Calls;
}

/** Registers that are set once, before the loop in which they are read. */
export class Constants {
  /** The code that sets them; stands before the loop. */
  readonly prologue: Code[] = [];
  readonly #known = new Map<string, Code>();

  constructor(readonly locals: Locals) {}

  /** The local of a v128 that reads nothing which the loop changes; one for equal code. */
  of(value: Code): Code {
    const key = textOf(value);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const local = this.locals.make(types.v128);
    this.prologue.push(set(local, value));
    this.#known.set(key, get(local));
    return get(local);
  }
}

/** Where the code for four elements is written: statements so far, new locals, and constants, which several lanes of one function may share. */
export class Lane {
  readonly statements: Code[] = [];

  constructor(
    readonly locals: Locals,
    readonly options: LaneOptions = {},
    readonly constants = new Constants(locals),
  ) {}

  /** The code that must stand before the loop. */
  get prologue(): readonly Code[] {
    return this.constants.prologue;
  }

  /** A v128 that is the same in every round, as `f32x4.const(x)`. */
  constant(value: Code): Code {
    return this.constants.of(value);
  }

  /** The v128 in a local, to be used several times. */
  keep(value: Code): Code {
    const local = this.locals.make(types.v128);
    this.statements.push(set(local, value));
    return get(local);
  }

  /** Functions of float64 to call. */
  get calls(): Calls {
    const { calls } = this.options;
    if (calls === undefined)
      throw new RangeError('a lane without calls writes a formula that calls a function');
    return calls;
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
