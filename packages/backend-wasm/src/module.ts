import { InternalError } from '@pullback/core';
import { type Code, flat, joined, signed, sized, text, types, unsigned, type ValueType } from './encoding.ts';

/** The locals of a function that is being written; its parameters come first. */
export class Locals {
  readonly types: ValueType[] = [];

  constructor(readonly parameters = 0) {}

  make(type: ValueType): number {
    return this.parameters + this.types.push(type) - 1;
  }
}

export interface Signature {
  readonly parameters?: readonly ValueType[];
  readonly results?: readonly ValueType[];
  /** The name under which the function is exported. */
  readonly name?: string;
}

export interface MemoryImport {
  /** Pages of 64 KiB. */
  readonly initial: number;
  readonly maximum?: number;
  readonly shared?: boolean;
}

/** The memory of a module that needs nothing from outside. */
export interface Own {
  /** Pages of a memory of its own, exported as `memory`. */
  readonly pages: number;
  /** The bytes that lie in it at the start. */
  readonly data: readonly { readonly address: number; readonly bytes: Uint8Array }[];
  /** A section of its own, with a name, for whoever loads it. */
  readonly custom: { readonly name: string; readonly text: string };
}

interface Typed {
  readonly type: number;
}

interface Written extends Typed {
  readonly locals: Locals;
  readonly body: Code;
}

/**
 * A module under construction. Everything comes from the module `e`: its memory as `memory`, immutable int32 globals and functions under
 * their names. Functions must be imported before the first one is defined, since imports are numbered first.
 */
export class ModuleBuilder {
  readonly #signatures: string[] = [];
  readonly #functionImports: (Typed & { readonly name: string })[] = [];
  readonly #globals: string[] = [];
  readonly #functions: Written[] = [];
  readonly #exports: { readonly name: string; readonly index: number }[] = [];

  constructor(readonly memory: MemoryImport = { initial: 0 }) {}

  #typeOf({ parameters = [], results = [] }: Signature): number {
    const key = JSON.stringify([parameters, results]);
    const known = this.#signatures.indexOf(key);
    return known >= 0 ? known : this.#signatures.push(key) - 1;
  }

  /** @returns the index to call it by. */
  importFunction(name: string, signature: Signature): number {
    if (this.#functions.length > 0)
      throw new InternalError({ got: `an import of '${name}' behind functions`, expected: 'imports first' });
    return this.#functionImports.push({ name, type: this.#typeOf(signature) }) - 1;
  }

  /** An int32 that is given when the module is instantiated. @returns the index for `getGlobal`. */
  importGlobal(name: string): number {
    return this.#globals.push(name) - 1;
  }

  /** @returns the index to call it by. */
  define(signature: Signature, write: (locals: Locals) => Code): number {
    const locals = new Locals(signature.parameters?.length ?? 0);
    const type = this.#typeOf(signature);
    const body = write(locals);
    const index = this.#functionImports.length + this.#functions.push({ type, locals, body }) - 1;
    if (signature.name !== undefined) this.#exports.push({ name: signature.name, index });
    return index;
  }

  bytes(own?: Own): Uint8Array<ArrayBuffer> {
    const { initial, maximum, shared = false } = this.memory;
    const limits =
      maximum === undefined ? [0, unsigned(initial)] : [shared ? 3 : 1, unsigned(initial), unsigned(maximum)];
    const signatures = this.#signatures.map((key) => {
      const [parameters, results] = JSON.parse(key) as [number[], number[]];
      return [0x60, unsigned(parameters.length), parameters, unsigned(results.length), results];
    });
    const imports = [
      ...this.#functionImports.map(({ name, type }) => [text('e'), text(name), 0, unsigned(type)]),
      ...this.#globals.map((name) => [text('e'), text(name), 3, types.i32, 0]),
      ...(own === undefined ? [[text('e'), text('memory'), 2, limits]] : []),
    ];
    const bodies = this.#functions.map(({ locals, body }) => {
      const groups = runsOf(locals.types).map(([type, count]) => [unsigned(count), type]);
      return sized(flat([unsigned(groups.length), groups, body, 0x0b]));
    });
    const exported = this.#exports.map(({ name, index }) => [text(name), 0, unsigned(index)]);
    return joined([
      Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
      ...section(1, signatures.map(flat)),
      ...section(2, imports.map(flat)),
      ...section(3, [flat(this.#functions.map(({ type }) => unsigned(type)))], this.#functions.length),
      ...(own === undefined ? [] : section(5, [flat([0, unsigned(own.pages)])])),
      ...section(7, (own === undefined ? exported : [...exported, [text('memory'), 2, 0]]).map(flat)),
      ...section(10, bodies),
      ...(own === undefined ? [] : carried(own)),
    ]);
  }
}

/** The sections of data and of text. */
function carried({ data, custom }: Own): Uint8Array[] {
  const segments = data.flatMap(({ address, bytes }) => [
    flat([0, 0x41, signed(address), 0x0b, unsigned(bytes.length)]),
    bytes,
  ]);
  const note = [flat(text(custom.name)), new TextEncoder().encode(custom.text)];
  return [...section(11, segments, data.length), Uint8Array.of(0), sized(...note)];
}

function section(id: number, pieces: readonly Uint8Array[], entries = pieces.length): Uint8Array[] {
  if (entries === 0) return [];
  return [Uint8Array.of(id), sized(flat(unsigned(entries)), ...pieces)];
}

/** Neighbours that are equal, with their number. */
function runsOf(list: readonly ValueType[]): [ValueType, number][] {
  const runs: [ValueType, number][] = [];
  for (const type of list) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] === type) last[1]++;
    else runs.push([type, 1]);
  }
  return runs;
}
