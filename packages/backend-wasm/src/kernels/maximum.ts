import { InternalError } from '@pullback/core';
import { type Code, types } from '../encoding.ts';
import { f32x4, f64x2, get, i32x4, set, v128 } from '../instructions.ts';
import type { Four, Lane } from '../lane.ts';
import type { Locals } from '../module.ts';
import { folded, only, turned } from './lanes-as-one.ts';
import type { Running } from './running.ts';

interface Rules {
  readonly least: Code;
  /** b where a < b, else a. */
  readonly higher: (a: Code, b: Code) => Code;
  readonly differs: (a: Code, b: Code) => Code;
  readonly registers: 1 | 2;
}

const rules = {
  float32: { least: f32x4.const(-Infinity), higher: f32x4.pmax, differs: f32x4.ne, registers: 1 },
  float64: { least: f64x2.const(-Infinity), higher: f64x2.pmax, differs: f64x2.ne, registers: 2 },
} as const satisfies Record<string, Rules>;

/** The locals of four lanes, or two: the largest so far, and all ones where a NaN was. */
interface Part {
  readonly best: number;
  readonly none: number;
}

/**
 * The maximum of floats; NaN when there is one. `higher` in both orders differs where a is -0 and b 0, and the bits of both are those of 0. NaNs
 * are kept apart: the instruction that knows zeros and NaNs is eight of the machine's, and each would wait for the one before.
 */
export class FloatMaximum implements Running {
  readonly #parts: readonly Part[];
  readonly #rules: Rules;

  constructor(
    readonly dtype: 'float32' | 'float64',
    locals: Locals,
    readonly across: boolean,
  ) {
    this.#rules = rules[dtype];
    this.#parts = Array.from({ length: this.#rules.registers }, () => ({
      best: locals.make(types.v128),
      none: locals.make(types.v128),
    }));
  }

  get state(): readonly number[] {
    return this.#parts.flatMap(({ best, none }) => [best, none]);
  }

  start(): Code {
    return this.#parts.map(({ best, none }) => [set(best, this.#rules.least), set(none, i32x4.const(0))]);
  }

  add(lane: Lane, four: Four, count: number): void {
    const { least, differs, registers } = this.#rules;
    this.#parts.forEach(({ best, none }, i) => {
      const present = registers === 2 ? Math.max(0, (count - 2 * i) * 2) : count;
      const value = four[i] ?? four[0];
      const terms = this.across ? lane.keep(only(present, value, lane.constant(least), lane)) : value;
      lane.statements.push(
        set(none, v128.or(get(none), differs(terms, terms))),
        set(best, this.#larger(get(best), terms)),
      );
    });
  }

  join(lane: Lane, other: Running): void {
    if (!(other instanceof FloatMaximum))
      throw new InternalError({ got: 'maxima of two kinds', expected: 'one kind' });
    this.#parts.forEach((own, i) => {
      const { best, none } = other.#parts[i] ?? own;
      lane.statements.push(
        set(own.none, v128.or(get(own.none), get(none))),
        set(own.best, this.#larger(get(own.best), get(best))),
      );
    });
  }

  finish(lane: Lane): Four {
    const [low, high] = this.#parts;
    const larger = (a: Code, b: Code) => this.#larger(a, b);
    const all = (f: (a: Code, b: Code) => Code, which: keyof Part): Code => {
      const first = low === undefined ? [] : get(low[which]);
      if (high === undefined) return folded(lane, first, f);
      const both = lane.keep(f(first, get(high[which])));
      return f(both, turned(both));
    };
    if (!this.across) {
      const [first = [], second] = this.#parts.map(({ best, none }) =>
        lane.keep(v128.or(get(best), get(none))),
      );
      return second === undefined ? [first] : [first, second];
    }
    const best = lane.keep(v128.or(lane.keep(all(larger, 'best')), lane.keep(all(v128.or, 'none'))));
    return high === undefined ? [best] : [best, best];
  }

  #larger(a: Code, b: Code): Code {
    const { higher } = this.#rules;
    return v128.and(higher(a, b), higher(b, a));
  }
}
