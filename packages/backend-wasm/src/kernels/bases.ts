import { type Code, types } from '../encoding.ts';
import { get, set } from '../instructions.ts';
import type { Locals } from '../module.ts';
import type { Places } from './places.ts';

/** An address that is code and a constant, for the offset of a load or a store. */
export interface Address {
  readonly code: Code;
  readonly offset: number;
}

/** The places of a kernel in the locals of one function, set at its start. */
export class Bases {
  /** Stands at the start of the function. */
  readonly prologue: Code[] = [];
  readonly #locals = new Map<string, Code>();

  constructor(
    readonly locals: Locals,
    readonly places: Places,
    /** The parameter of the function that the places ask for. */
    readonly table: Code,
  ) {}

  of(value: number): Address {
    const { name, code, offset } = this.places.of(value, this.table);
    const known = this.#locals.get(name);
    if (known !== undefined) return { code: known, offset };
    const local = this.locals.make(types.i32);
    this.prologue.push(set(local, code));
    this.#locals.set(name, get(local));
    return { code: get(local), offset };
  }
}
