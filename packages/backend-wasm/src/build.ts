import type { Aliases, Plan, WholeKernel } from '@pullback/compiler';
import { bytesOf, type HostFunction, type Program, sizeOf, type TypedArray } from '@pullback/core';
import { type Code, types } from './encoding.ts';
import { branchIf, call, choose, copyMemory, get, i32, loop, set, tee } from './instructions.ts';
import { defineKernels } from './kernels/functions.ts';
import { Addresses, Globals, type Start } from './kernels/places.ts';
import { isWritten } from './kernels/whole.ts';
import { type MemoryImport, ModuleBuilder, type Own } from './module.ts';
import { callsOf } from './scalar/calls.ts';
import { hostFunctionsOf } from './scalar/host-functions.ts';
import { steps, straightLine } from './straight-line.ts';
import { callsOf as callsOfParts, isDivided } from './threads/parts.ts';
import { defineWork } from './threads/work.ts';

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
  /** How many threads share the memory; 1 when left out, and the memory is not shared. */
  readonly threads?: number;
  /** Operations and elements from which on a kernel is divided among threads; as many as take longer than some meetings when left out. */
  readonly wide?: number;
  /** For a module with a memory of its own: where everything lies in it, and what it carries. */
  readonly own?: Omit<Own, 'pages'> & { readonly addresses: ReadonlyMap<string, number> };
  /** Whether small Programs become straight lines; they do when left out. */
  readonly straight?: boolean;
}

/** A meeting of threads takes a microsecond or two where all have a processor, and a kernel of so much work some ten. */
const usuallyWide = 16_384;

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;

/** As straight-line code where the Program is small, else as a function for each kernel. */
export function build(plan: Plan, aliases: Aliases, options: BuildOptions): Built {
  return buildStraight(plan.program, aliases, options) ?? buildKernels(plan, options);
}

/** Engines change to optimized code when a function is called again: no call does more steps than this. */
const mostSteps = 1000;

/** A small Program as straight-line code; undefined of others. */
export function buildStraight(program: Program, aliases: Aliases, options: BuildOptions): Built | undefined {
  if (options.straight === false) return undefined;
  const { relaxed } = options;
  const module = new ModuleBuilder(memoryOf(options));
  const imports = hostFunctionsOf(program);
  const calls = callsOf(module, imports);
  const globals = new Addresses(module, options.own?.addresses);
  const nextOf = new Map(aliases.flatMap((inputs, place) => inputs.map((input) => [input, place] as const)));
  let done = false;
  const some = module.define({ parameters: [types.i32] }, (locals) => {
    const line = straightLine(
      program,
      {
        relaxed,
        calls,
        inputAddress: (input) => globals.named(`input${input}`),
        outputAddress: (place) => globals.named(`output${place}`),
        nextOf: (input) => nextOf.get(input),
      },
      locals,
    );
    done = line !== undefined;
    return line === undefined ? [] : steps(line, 0);
  });
  if (!done) return undefined;
  module.define({ parameters: [types.i32], name: 'run' }, (locals) => {
    const now = locals.make(types.i32);
    return loop(
      set(now, choose(get(0), i32.const(mostSteps), i32.ltU(get(0), i32.const(mostSteps)))),
      call(some, get(now)),
      branchIf(0, tee(0, i32.sub(get(0), get(now)))),
    );
  });
  return {
    bytes: module.bytes(ownOf(options, 0)),
    globals: globals.names,
    arena: 0,
    scratch: 0,
    table: { at: 0, starts: [] },
    literals: [],
    host: [],
    imports,
    threads: 1,
  };
}

/** The memory that a module brings: as large as its addresses say, with `behind` bytes from the last one on. */
function ownOf(
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
export function tableOf({ starts }: Built['table'], addresses: ReadonlyMap<string, number>): Int32Array {
  return Int32Array.from(starts, ({ name, offset }) => (addresses.get(name) ?? 0) + offset);
}

/** Shared memories are declared with their maximum. */
function memoryOf({ threads = 1 }: BuildOptions): MemoryImport {
  return threads > 1 ? { initial: 1, maximum: 65536, shared: true } : { initial: 1 };
}

/** A function for each kernel, or for those that are equal. */
export function buildKernels(plan: Plan, given: BuildOptions): Built {
  const { relaxed } = given;
  const module = new ModuleBuilder(memoryOf(given));
  const imports = hostFunctionsOf(plan.program);
  const functions = callsOf(module, imports);
  const asksHost = plan.kernels.some((kernel) => kernel.kind === 'whole' && !isWritten(kernel));
  const onHost = asksHost ? module.importFunction('host', { parameters: [types.i32] }) : -1;
  const globals = new Globals(module, plan, given.own?.addresses);
  // Functions of the host cannot be sent to a worker.
  const most = imports.length === 0 ? (given.threads ?? 1) : 1;
  const { parts, host, table, literals, steps, ...needed } = defineKernels(plan, globals, {
    relaxed,
    calls: functions,
    wide: most > 1 ? (given.wide ?? usuallyWide) : undefined,
  });
  const at = align(plan.arena.bytes) + steps;
  const threads = parts.some(isDivided) ? most : 1;
  const own = align(needed.scratch);
  const arena = at + align(table.length * 4);
  const scratch = i32.add(globals.named('arena'), i32.const(arena));
  const hostCall = (kernel: number) => call(onHost, i32.const(kernel));
  const rowAt = (row: number) => i32.add(globals.named('arena'), i32.const(at + row * 4));
  const step = module.define({}, (locals) => [
    callsOfParts(parts, { locals, scratch, onHost: hostCall, rowAt }),
    copies(plan, globals),
  ]);
  // A call for each step, so that the step becomes fast as soon as its optimized code is there.
  module.define({ parameters: [types.i32], name: 'run' }, () =>
    loop(call(step), branchIf(0, tee(0, i32.sub(get(0), i32.const(1))))),
  );
  if (threads > 1)
    defineWork(module, parts, {
      threads,
      scratch: (thread) => i32.add(scratch, i32.mul(thread, i32.const(own))),
      onHost: hostCall,
      rowAt,
      last: copies(plan, globals),
    });
  return {
    bytes: module.bytes(ownOf(given, arena + own * threads, { at, starts: table }, literals)),
    globals: globals.names,
    arena,
    scratch: own * threads,
    table: { at, starts: table },
    literals,
    host,
    imports,
    threads,
  };
}

function copies(plan: Plan, globals: Globals): Code {
  return plan.copies.map(({ from, output }) => {
    const { code, offset } = globals.of(from);
    const { shape, dtype } = plan.specs.get(from) ?? { shape: [], dtype: 'float32' };
    return copyMemory(
      globals.named(`output${output}`),
      i32.add(code, i32.const(offset)),
      i32.const(sizeOf(shape) * bytesOf(dtype)),
    );
  });
}
