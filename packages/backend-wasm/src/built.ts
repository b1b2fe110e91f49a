import type { Aliases, Plan, WholeKernel } from '@pullback/compiler';
import type { HostFunction, Program, TypedArray } from '@pullback/core';
import type { Start } from './kernels/places.ts';
import type { Own } from './module.ts';
import type { meeting } from './threads/control.ts';

/** A plan as code: its function `run` does a number of steps. */
export interface Built {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The names of the addresses that the module is given. */
  readonly globals: readonly string[];
  /** Bytes for what lies between kernels and the table, and behind them for what a kernel needs while it runs. */
  readonly arena: number;
  readonly scratch: number;
  /** Addresses that functions read which several kernels share: int32 numbers from this byte of the arena on. */
  readonly table: { readonly at: number; readonly starts: readonly Start[] };
  /** Numbers that lie in the arena from the start, beside those of the plan. */
  readonly literals: readonly { readonly at: number; readonly data: TypedArray }[];
  /** The kernels that the host runs, by the numbers under which the module asks for them. */
  readonly host: readonly WholeKernel[];
  /** Functions of the host that it imports, in the order of their names. */
  readonly imports: readonly HostFunction[];
  /** How many threads its function `work` (thread, steps) is for; 1 where there is none. */
  readonly threads: number;
}

export interface BuildOptions {
  readonly relaxed: boolean;
  /** How many threads share the memory and where they meet; one when left out, and the memory is not shared. */
  readonly threads?: { readonly count: number; readonly meeting: typeof meeting };
  /** Operations and elements from which on a kernel is divided among threads; as many as take longer than some meetings when left out. */
  readonly wide?: number;
  /** For a module with a memory of its own: where everything lies in it, and what it carries. */
  readonly own?: Omit<Own, 'pages'> & { readonly addresses: ReadonlyMap<string, number> };
  /** Whether small Programs become straight lines; they do when left out. */
  readonly straight?: boolean;
}

/** Options before the engine is asked for the relaxed multiply-add. */
export interface CompileOptions extends Omit<BuildOptions, 'relaxed' | 'own'> {
  readonly deterministic: boolean;
}

/** A Program as modules, one for each way in which outputs share the memory of inputs. */
export interface Compiled {
  readonly program: Program;
  /** How many threads take part where none of its outputs has the memory of an input. */
  readonly threads: number;
  linked(aliases: Aliases): Linked;
}

/** A module, and what it is instantiated with. */
export interface Linked {
  /** Undefined of straight lines, which have neither an arena nor kernels. */
  readonly plan: Plan | undefined;
  readonly built: Built;
  readonly module: WebAssembly.Module;
  /** The functions of the host that it imports, by their names. */
  readonly imports: Readonly<Record<string, HostFunction>>;
  /** The numbers of its table, once the places of buffers are known. */
  tableAt(addresses: ReadonlyMap<string, number>): Int32Array;
}
