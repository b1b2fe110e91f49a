import { type Code, types } from '../../encoding.ts';
import { f64, get, leave, set, when } from '../../instructions.ts';
import type { Locals } from '../../module.ts';

/** A function of float64, written operation by operation as core has it, so that it gives the same bits. */
export interface ScalarCode {
  readonly parameters: 1 | 2;
  /** Writes the code and gives the result. */
  readonly write: (scalar: ScalarWriter) => Code;
}

/** Where the code of a function is written: statements so far, and new locals. */
export class ScalarWriter {
  readonly statements: Code[] = [];

  constructor(
    readonly locals: Locals,
    /** The index to call another function by. */
    readonly indexOf: (name: 'exp' | 'expm1' | 'log') => number,
  ) {}

  /** A float64 in a local, to be used several times. */
  keep(value: Code): Code {
    return this.#keep(types.f64, value);
  }

  keepInt(value: Code): Code {
    return this.#keep(types.i32, value);
  }

  keepLong(value: Code): Code {
    return this.#keep(types.i64, value);
  }

  /** One of two results; only that one is computed. */
  either(condition: Code, then: () => Code, otherwise: () => Code): Code {
    const result = this.locals.make(types.f64);
    const branch = (write: () => Code): Code => {
      const before = this.statements.length;
      const value = write();
      return [this.statements.splice(before), set(result, value)];
    };
    this.statements.push(when(condition, branch(then), branch(otherwise)));
    return get(result);
  }

  #keep(type: typeof types.f64 | typeof types.i32 | typeof types.i64, value: Code): Code {
    const local = this.locals.make(type);
    this.statements.push(set(local, value));
    return get(local);
  }

  /** Returns `value` from the function where `condition` holds. */
  returnWhen(condition: Code, value: Code): void {
    this.statements.push(when(condition, [value, leave]));
  }
}

/** a + x (b + x (c + ...)) */
export function horner(x: Code, coefficients: readonly number[]): Code {
  const [last = 0, ...others] = [...coefficients].reverse();
  return others.reduce<Code>((sum, c) => f64.add(f64.const(c), f64.mul(x, sum)), f64.const(last));
}
