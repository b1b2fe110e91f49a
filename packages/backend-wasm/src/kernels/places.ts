import type { Plan, Steps, Structure } from '@pullback/compiler';
import { bytesOf } from '@pullback/core';
import { type Code, types, type ValueType } from '../encoding.ts';
import { getGlobal, i32 } from '../instructions.ts';
import type { ModuleBuilder } from '../module.ts';

/** Where a value lies: code of an address, equal for equal names, and the bytes from there. */
export interface Place {
  readonly name: string;
  readonly code: Code;
  readonly offset: number;
}

/** How the function of a kernel finds its buffers. */
export interface Places {
  readonly module: ModuleBuilder;
  readonly plan: Pick<Steps, 'specs'>;
  /** The parameters of its functions for that, behind the others. */
  readonly parameters: readonly ValueType[];
  /** @param table the parameter, where there is one. */
  of(value: number, table: Code): Place;
}

/** Numbers that a module is given when it is instantiated, or that are known before. */
export class Addresses {
  readonly #globals = new Map<string, number>();

  constructor(
    readonly module: ModuleBuilder,
    /** Those that are known already, and become part of the code. */
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
}

/** Places of the only kernel of its kind, in its code. */
export class Globals extends Addresses implements Places {
  readonly parameters: readonly ValueType[] = [];

  constructor(
    module: ModuleBuilder,
    readonly plan: Plan,
    fixed?: ReadonlyMap<string, number>,
  ) {
    super(module, fixed);
  }

  of(value: number): Place {
    const { name, offset } = startOf(this.plan, value);
    return { name, code: this.named(name), offset };
  }
}

/** Places of kernels that share a function: each call gives it the address of a table of theirs. */
export class Listed implements Places {
  readonly parameters: readonly ValueType[] = [types.i32];
  readonly #order: ReadonlyMap<number, number>;

  constructor(
    readonly module: ModuleBuilder,
    readonly plan: Pick<Steps, 'specs'>,
    from: Structure['from'],
  ) {
    this.#order = new Map(from.map(({ buffer }, i) => [buffer, i]));
  }

  of(value: number, table: Code): Place {
    const place = this.#order.get(value) ?? 0;
    return { name: String(place), code: i32.load(table, place * 4), offset: 0 };
  }
}

/** Where a value, or an element of it, begins: in the buffer whose address has this name, so many bytes from there. */
export type Start = Omit<Place, 'code'>;

/** Where an element of a value of some kernels lies. */
export type Locate = (value: number, element?: number) => Start;

export function startOf(plan: Plan, value: number, element = 0): Start {
  const location = plan.locate(value);
  const bytes = element * bytesOf(plan.specs.get(value)?.dtype ?? 'float32');
  return location.kind === 'arena'
    ? { name: 'arena', offset: location.offset + bytes }
    : { name: `${location.kind}${location.index}`, offset: bytes };
}
