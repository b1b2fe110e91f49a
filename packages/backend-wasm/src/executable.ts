import {
  type Binding,
  type Buffer,
  DisposedError,
  type Executable,
  InternalError,
  ShapeError,
  type Tensor,
  type TypedArray,
} from '@pullback/core';
import type { Compiled, Linked } from './built.ts';
import type { Memory } from './memory.ts';
import { Divided } from './threads/divided.ts';
import type { Pool, Shared } from './threads/pool.ts';

function bytesOf({ buffer, byteOffset, byteLength }: TypedArray): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** The backend as executables and bindings see it: they report to it. */
export interface Owner {
  readonly memory: Memory;
  /** Its other threads, where there are some. */
  readonly pool: Pool | undefined;
  readonly counted: { programs: number; bindings: number; calls: number };
  readonly disposed: boolean;
}

export class WasmExecutable implements Executable {
  readonly #bindings = new Set<WasmBinding>();
  #disposed = false;

  constructor(
    readonly compiled: Compiled,
    readonly owner: Owner,
  ) {
    owner.counted.programs++;
  }

  bind(inputs: readonly Buffer[], outputs: readonly Buffer[]): Binding {
    const { program } = this.compiled;
    if (this.#disposed || this.owner.disposed) refuse('an executable');
    if (inputs.length !== program.inputs.length || outputs.length !== program.outputs.length)
      throw new ShapeError({
        got: `${inputs.length} inputs and ${outputs.length} outputs`,
        expected: `${program.inputs.length} and ${program.outputs.length}`,
      });
    const { memory } = this.owner;
    const addresses = new Map([
      ...inputs.map((buffer, i) => [`input${i}`, memory.addressOf(buffer)] as const),
      ...outputs.map((buffer, i) => [`output${i}`, memory.addressOf(buffer)] as const),
    ]);
    const places = new Map<Buffer, number[]>();
    inputs.forEach((input, i) => {
      places.set(input, [...(places.get(input) ?? []), i]);
    });
    const aliases = outputs.map((output) => places.get(output) ?? []);
    const binding = new WasmBinding(this.compiled.linked(aliases), addresses, this.owner, () =>
      this.#bindings.delete(binding),
    );
    this.#bindings.add(binding);
    return binding;
  }

  dispose(): void {
    if (this.#disposed || this.owner.disposed) return;
    this.#disposed = true;
    for (const binding of [...this.#bindings]) binding.dispose();
    this.owner.counted.programs--;
  }
}

class WasmBinding implements Binding {
  readonly #arena: number | undefined;
  #shared: Shared | undefined;
  /** Undefined once it was disposed of. */
  #run: ((times: number) => void) | undefined;
  /** Views of the memory for what the host runs, made anew when the memory has grown. */
  #steps: { readonly memory: ArrayBufferLike; readonly run: readonly (() => void)[] } | undefined;

  constructor(
    readonly linked: Linked,
    addresses: ReadonlyMap<string, number>,
    readonly owner: Owner,
    readonly disposedOf: () => void,
  ) {
    const { built, plan, module } = linked;
    const { memory, counted } = owner;
    const bytes = built.arena + built.scratch;
    // Behind it, with threads, the number of workers that are ready.
    const total = bytes + (built.threads > 1 ? 64 : 0);
    this.#arena = total === 0 ? undefined : memory.take(total);
    const globals = new Map([...addresses, ['arena', this.#arena ?? 0]]);
    if (this.#arena !== undefined && plan !== undefined)
      for (const { value, data } of plan.literals) {
        const location = plan.locate(value);
        const spec = plan.specs.get(value);
        if (location.kind === 'arena' && spec !== undefined)
          memory.view(spec, this.#arena + location.offset).set(data);
      }
    if (this.#arena !== undefined) {
      for (const { at, data } of built.literals)
        new Uint8Array(memory.memory.buffer).set(bytesOf(data), this.#arena + at);
      const { at, starts } = built.table;
      const table = { shape: [starts.length], dtype: 'int32' } as const;
      memory.view(table, this.#arena + at).set(linked.tableAt(globals));
    }
    const given = Object.fromEntries(built.globals.map((name) => [name, globals.get(name) ?? 0]));
    const { exports } = new WebAssembly.Instance(module, {
      e: {
        memory: memory.memory,
        host: (kernel: number) => this.#onHost(kernel, globals),
        ...linked.imports,
        ...given,
      },
    });
    const { run, work } = exports;
    if (typeof run !== 'function')
      throw new InternalError({ got: 'a module without a step', expected: 'its function run' });
    const { pool } = owner;
    if (typeof work !== 'function' || pool === undefined || this.#arena === undefined)
      this.#run = (times) => {
        run(times);
      };
    else {
      const ready = this.#arena + bytes;
      const own = (thread: number, times: number): void => {
        work(thread, times, maySleep);
      };
      const divided = new Divided({
        alone: (times) => {
          run(times);
        },
        together: (times) => this.#shared !== undefined && pool.run(this.#shared, times, own),
        share: () => {
          this.#shared = pool.share(this, { module, globals: given, ready });
        },
      });
      divided.always = pool.always;
      this.#run = (times) => divided.run(times);
    }
    counted.bindings++;
  }

  run(times = 1): void {
    if (this.#run === undefined || this.owner.disposed) refuse('a binding');
    this.owner.counted.calls++;
    if (times > 0) this.#run(times);
  }

  dispose(): void {
    if (this.#run === undefined || this.owner.disposed) return;
    this.#run = undefined;
    this.#steps = undefined;
    if (this.#shared !== undefined) this.owner.pool?.forget(this.#shared);
    if (this.#arena !== undefined) this.owner.memory.give(this.#arena);
    this.owner.counted.bindings--;
    this.disposedOf();
  }

  #onHost(kernel: number, globals: ReadonlyMap<string, number>): void {
    const { buffer } = this.owner.memory.memory;
    if (this.#steps?.memory !== buffer) this.#steps = { memory: buffer, run: this.#hostSteps(globals) };
    this.#steps.run[kernel]?.();
  }

  #hostSteps(globals: ReadonlyMap<string, number>): (() => void)[] {
    const { plan, built } = this.linked;
    if (plan === undefined) return [];
    const tensor = (value: number): Tensor => {
      const location = plan.locate(value);
      const spec = plan.specs.get(value) ?? { shape: [], dtype: 'float32' };
      const base = location.kind === 'arena' ? 'arena' : `${location.kind}${location.index}`;
      const address = (globals.get(base) ?? 0) + (location.kind === 'arena' ? location.offset : 0);
      return { ...spec, data: this.owner.memory.view(spec, address) };
    };
    return built.host.map(({ instruction, inputs, shapes, outputs }) => {
      const read = inputs.map((value, i) => ({ ...tensor(value), shape: shapes[i] ?? [] }));
      const [first, ...others] = outputs.map(tensor);
      return () => {
        if (first !== undefined)
          instruction.primitive.evaluate(read, [first, ...others], instruction.attributes);
      };
    });
  }
}

/** 1 where a thread may sleep: everywhere but in the main thread of a page. */
const maySleep = 'document' in globalThis ? 0 : 1;

function refuse(what: string): never {
  throw new DisposedError({ got: `${what} that was disposed of`, expected: 'a living one' });
}
