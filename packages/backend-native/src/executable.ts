import { type Aliases, type Kernels, type Plan, planFor } from '@pullback/compiler';
import {
  type Binding,
  type Buffer,
  bytesOf,
  DisposedError,
  type Executable,
  type Program,
  ShapeError,
  sizeOf,
  type Tensor,
} from '@pullback/core';
import { type Block, type Memory, viewOf } from './memory.ts';
import type { Source } from './source.ts';
import type { Library } from './toolchain/library.ts';

/** A Program as a shared object: what shares memory is known only when buffers are bound, and is no matter of its code. */
export class Compiled {
  readonly #plans = new Map<string, Plan>();
  readonly step: (script: BigInt64Array, count: number, scratch: number, times: number) => void;

  constructor(
    readonly program: Program,
    readonly kernels: Kernels,
    readonly source: Source,
    library: Library,
  ) {
    const step = library.func('void step(const void *script, int64_t count, int64_t scratch, int64_t times)');
    this.step = (script, count, scratch, times) => {
      step(script, count, scratch, times);
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

interface Blocks {
  readonly input: readonly Block[];
  readonly output: readonly Block[];
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

interface Place {
  readonly block: Block;
  readonly offset: number;
}

/** The numbers of an entry: a kernel, its table, the first unit and the one behind the last; or -1, to, from and bytes. */
const entrySize = 4;

/** What a step does, in order, as numbers that the C reads, with calls of the host between. */
class Script {
  readonly run: (times: number) => void;
  readonly #arena: Block;
  readonly #blocks: Blocks;
  readonly #plan: Plan;

  constructor(compiled: Compiled, plan: Plan, blocks: Blocks, memory: Memory) {
    const { source } = compiled;
    const tasks = plan.kernels.map((kernel) => source.taskOf(kernel));
    const scratchBytes = tasks.reduce(
      (most, task) => ('function' in task ? Math.max(most, task.function.scratch) : most),
      0,
    );
    const tables = tasks.reduce((sum, task) => ('function' in task ? sum + task.buffers.length : sum), 0);
    const [tableAt, scratchAt] = [align(plan.arena.bytes), align(plan.arena.bytes) + align(tables * 8)];
    this.#arena = memory.take(scratchAt + scratchBytes, 'what lies between kernels');
    this.#blocks = blocks;
    this.#plan = plan;
    const table = new BigInt64Array(this.#arena.buffer, this.#arena.start + tableAt, tables);
    const segments: { readonly entries: bigint[]; host?: () => void }[] = [{ entries: [] }];
    let listed = 0;
    for (const task of tasks) {
      const segment = segments.at(-1);
      if ('host' in task) {
        if (segment !== undefined) segment.host = this.#onHost(task.host);
        segments.push({ entries: [] });
        continue;
      }
      const { index, units } = task.function;
      if (units === 0) continue;
      const at = this.#arena.address + tableAt + listed * 8;
      for (const buffer of task.buffers) table[listed++] = BigInt(this.#addressOf(buffer));
      segment?.entries.push(BigInt(index), BigInt(at), 0n, BigInt(units));
    }
    for (const { from, output } of plan.copies) {
      const { shape, dtype } = plan.specs.get(from) ?? { shape: [], dtype: 'float32' };
      const to = blocks.output[output]?.address ?? 0;
      const bytes = sizeOf(shape) * bytesOf(dtype);
      segments.at(-1)?.entries.push(-1n, BigInt(to), BigInt(this.#addressOf(from)), BigInt(bytes));
    }
    for (const { value, data } of plan.literals) {
      const spec = plan.specs.get(value);
      const { block, offset } = this.#placeOf(value);
      if (spec !== undefined && plan.locate(value).kind === 'arena') viewOf(block, spec, offset).set(data);
    }
    const scratch = this.#arena.address + scratchAt;
    const scripts = segments.map(({ entries, host }) => ({ numbers: BigInt64Array.from(entries), host }));
    const { step } = compiled;
    const [only] = scripts;
    const count = ({ numbers }: { readonly numbers: BigInt64Array }) => numbers.length / entrySize;
    this.run =
      scripts.length === 1 && only !== undefined
        ? (times) => step(only.numbers, count(only), scratch, times)
        : (times) => {
            for (let t = 0; t < times; t++)
              for (const each of scripts) {
                step(each.numbers, count(each), scratch, 1);
                each.host?.();
              }
          };
  }

  #placeOf(value: number): Place {
    const location = this.#plan.locate(value);
    if (location.kind === 'arena') return { block: this.#arena, offset: location.offset };
    return { block: this.#blocks[location.kind][location.index] ?? this.#arena, offset: 0 };
  }

  #addressOf(value: number): number {
    const { block, offset } = this.#placeOf(value);
    return block.address + offset;
  }

  #onHost({
    instruction,
    inputs,
    shapes,
    outputs,
  }: Extract<Plan['kernels'][number], { kind: 'whole' }>): () => void {
    const tensor = (value: number): Tensor => {
      const spec = this.#plan.specs.get(value) ?? { shape: [], dtype: 'float32' };
      const { block, offset } = this.#placeOf(value);
      return { ...spec, data: viewOf(block, spec, offset) };
    };
    const read = inputs.map((value, i) => ({ ...tensor(value), shape: shapes[i] ?? [] }));
    const [first, ...others] = outputs.map(tensor);
    return () => {
      if (first !== undefined)
        instruction.primitive.evaluate(read, [first, ...others], instruction.attributes);
    };
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}

function refuse(what: string): never {
  throw new DisposedError({ got: `${what} that was disposed of`, expected: 'a living one' });
}
