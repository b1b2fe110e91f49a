import { type Aliases, type Kernels, type Plan, planFor } from '@pullback/compiler';
import {
  type Binding,
  type Buffer,
  DisposedError,
  type Executable,
  type Program,
  ShapeError,
} from '@pullback/core';
import type { Memory } from './memory.ts';
import { type Blocks, Script, type Step } from './script.ts';
import type { Source } from './source.ts';
import type { Crew } from './threads/crew.ts';
import type { Library } from './toolchain/library.ts';

/** A Program as a shared object: what shares memory is known only when buffers are bound, and is no matter of its code. */
export class Compiled {
  readonly #plans = new Map<string, Plan>();
  readonly step: Step;
  /** The same by a crew: undefined where there is none. */
  readonly together: Step | undefined;

  constructor(
    readonly program: Program,
    readonly kernels: Kernels,
    readonly source: Source,
    library: Library,
    readonly crew: Crew | undefined,
    /** Operations and elements from which on a kernel is divided among threads. */
    readonly wide: number,
  ) {
    const step = library.func('void step(const void *script, int64_t count, int64_t scratch, int64_t times)');
    this.step = ({ script, count, scratch }, times) => {
      step(script, count, scratch, times);
    };
    if (crew === undefined) return;
    const together = library.func(
      'void together(const void *script, int64_t count, int64_t scratch, int64_t scratch_bytes, int64_t times, int64_t crew)',
    );
    this.together = ({ script, count, scratch, scratchBytes }, times) => {
      together(script, count, scratch, scratchBytes, times, crew.address);
    };
  }

  planFor(aliases: Aliases): Plan {
    const key = JSON.stringify(aliases);
    const plan = this.#plans.get(key) ?? planFor(this.kernels, aliases);
    this.#plans.set(key, plan);
    return plan;
  }
}

/** What executables and bindings report to. */
export interface Owner {
  readonly memory: Memory;
  readonly counted: { programs: number; bindings: number; calls: number };
  readonly disposed: boolean;
}

export class NativeExecutable implements Executable {
  readonly #bindings = new Set<NativeBinding>();
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
    const places = new Map<Buffer, number[]>();
    inputs.forEach((input, i) => {
      places.set(input, [...(places.get(input) ?? []), i]);
    });
    const plan = this.compiled.planFor(outputs.map((output) => places.get(output) ?? []));
    const blocks = {
      input: inputs.map((buffer) => memory.blockOf(buffer)),
      output: outputs.map((buffer) => memory.blockOf(buffer)),
    };
    const binding = new NativeBinding(this.compiled, plan, blocks, this.owner, () =>
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

class NativeBinding implements Binding {
  /** Holds the memory that C knows by address alone. Undefined once it was disposed of. */
  #script: Script | undefined;

  constructor(
    compiled: Compiled,
    readonly plan: Plan,
    blocks: Blocks,
    readonly owner: Owner,
    readonly disposedOf: () => void,
  ) {
    this.#script = new Script(compiled, plan, blocks, owner.memory);
    owner.counted.bindings++;
  }

  run(times = 1): void {
    if (this.#script === undefined || this.owner.disposed) refuse('a binding');
    this.owner.counted.calls++;
    if (times > 0) this.#script.run(times);
  }

  dispose(): void {
    if (this.#script === undefined || this.owner.disposed) return;
    this.#script = undefined;
    this.owner.counted.bindings--;
    this.disposedOf();
  }
}

function refuse(what: string): never {
  throw new DisposedError({ got: `${what} that was disposed of`, expected: 'a living one' });
}
