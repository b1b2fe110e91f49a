import type { Plan } from '@pullback/compiler';
import { type Code, types } from '../encoding.ts';
import { get, getGlobal, i32, set } from '../instructions.ts';
import type { Locals, ModuleBuilder } from '../module.ts';

/** An address that is code and a constant, for the offset of a load or a store. */
export interface Address {
  readonly code: Code;
  readonly offset: number;
}

/** Where the module's buffers begin: numbers that are given when it is instantiated, or known before. */
export class Globals {
  readonly #globals = new Map<string, number>();

  constructor(
    readonly module: ModuleBuilder,
    readonly plan: Plan,
    /** Addresses that are known already and become part of the code. */
    readonly fixed: ReadonlyMap<string, number> = new Map(),
  ) {}

  /** The names of those that are used. */
  get names(): string[] {
    return [...this.#globals.keys()];
  }

  named(name: string): Code {
    const address = this.fixed.get(name);
    if (address !== undefined) return i32.const(address);
    const known = this.#globals.get(name) ?? this.module.importGlobal(name);
    this.#globals.set(name, known);
    return getGlobal(known);
  }

  /** The global and the offset from it of a value's first element. */
  of(value: number): { readonly name: string; readonly offset: number } {
    const location = this.plan.locate(value);
    if (location.kind === 'arena') return { name: 'arena', offset: location.offset };
    return { name: `${location.kind}${location.index}`, offset: 0 };
  }
}

/** The same in the locals of one function, set at its start. */
export class Bases {
  /** Stands at the start of the function. */
  readonly prologue: Code[] = [];
  readonly #locals = new Map<string, Code>();

  constructor(
    readonly locals: Locals,
    readonly globals: Globals,
  ) {}

  of(value: number): Address {
    const { name, offset } = this.globals.of(value);
    const known = this.#locals.get(name);
    if (known !== undefined) return { code: known, offset };
    const local = this.locals.make(types.i32);
    this.prologue.push(set(local, this.globals.named(name)));
    this.#locals.set(name, get(local));
    return { code: get(local), offset };
  }
}
