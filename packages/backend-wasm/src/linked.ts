import type { Aliases, Plan } from '@pullback/compiler';
import type { Program } from '@pullback/core';
import type { BuildOptions, Built, Compiled, CompileOptions, Linked } from './built.ts';
import type { MemoryImport, Own } from './module.ts';
import { hasRelaxed } from './relaxed.ts';
import { hostName } from './scalar/calls.ts';

/** A Program whose modules are made when they are asked for, each once. */
export function linkedOnce(program: Program, make: (aliases: Aliases) => Linked): Compiled {
  const modules = new Map<string, Linked>();
  const linked = (aliases: Aliases): Linked => {
    const key = JSON.stringify(aliases);
    const made = modules.get(key) ?? make(aliases);
    modules.set(key, made);
    return made;
  };
  return {
    program,
    linked,
    get threads() {
      return linked(apart(program)).built.threads;
    },
  };
}

/** With the relaxed multiply-add where it may be used and the engine has it. */
export function onThisEngine({ deterministic, ...options }: CompileOptions): BuildOptions {
  return { ...options, relaxed: !deterministic && hasRelaxed() };
}

/** No output has the memory of an input. */
export function apart({ outputs }: Program): Aliases {
  return outputs.map(() => []);
}

export function linkedOf(built: Built, plan?: Plan): Linked {
  return {
    plan,
    built,
    module: new WebAssembly.Module(built.bytes),
    imports: Object.fromEntries(built.imports.map((f, i) => [hostName(i), f])),
    tableAt: (addresses) => tableOf(built.table, addresses),
  };
}

/** The memory that a module brings: as large as its addresses say, with `behind` bytes from the last one on. */
export function ownOf(
  { own }: BuildOptions,
  behind: number,
  table?: Built['table'],
  literals: Built['literals'] = [],
): Own | undefined {
  if (own === undefined) return undefined;
  const { addresses, data } = own;
  const end = [...addresses.values()].reduce((most, address) => Math.max(most, address), 0) + behind + 64;
  const pages = Math.ceil(end / 65536);
  if (table === undefined || table.starts.length === 0) return { ...own, pages };
  const arena = addresses.get('arena') ?? 0;
  return {
    ...own,
    pages,
    data: [
      ...data,
      ...literals.map(({ at, data: { buffer, byteOffset, byteLength } }) => ({
        address: arena + at,
        bytes: new Uint8Array(buffer, byteOffset, byteLength),
      })),
      { address: arena + table.at, bytes: new Uint8Array(tableOf(table, addresses).buffer) },
    ],
  };
}

/** The numbers of a table, once the places of buffers are known. */
function tableOf({ starts }: Built['table'], addresses: ReadonlyMap<string, number>): Int32Array {
  return Int32Array.from(starts, ({ name, offset }) => (addresses.get(name) ?? 0) + offset);
}

/** Shared memories are declared with their maximum. */
export function memoryOf({ threads }: BuildOptions): MemoryImport {
  return threads !== undefined && threads.count > 1
    ? { initial: 1, maximum: 65536, shared: true }
    : { initial: 1 };
}
