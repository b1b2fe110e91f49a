import type { Plan } from '@pullback/compiler';
import { type Binding, type Buffer, DisposedError, type Executable, ShapeError } from '@pullback/core';
import type { Compiled } from './compiled.ts';
import type { Memory } from './memory.ts';
import { type Blocks, Script } from './script.ts';

/** Executables and bindings report to this. */
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
