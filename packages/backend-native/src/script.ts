import { flopsOf, type Kernel, type Plan, trafficOf } from '@pullback/compiler';
import { bytesOf, sizeOf, type Tensor } from '@pullback/core';
import type { Compiled } from './compiled.ts';
import { type Block, type Memory, viewOf } from './memory.ts';

/** The memory of what a binding was given. */
export interface Blocks {
  readonly input: readonly Block[];
  readonly output: readonly Block[];
}

interface Place {
  readonly block: Block;
  readonly offset: number;
}

/** The numbers of an entry: a kernel, its table, the first unit and the one behind the last, whether threads share them; or -1, to, from, bytes and 0. */
const entrySize = 5;

/** The calls of a step, in order, as numbers that the C reads, with calls of the host between. */
export class Script {
  readonly run: (times: number) => void;
  readonly #arena: Block;
  readonly #blocks: Blocks;
  readonly #plan: Plan;

  constructor(compiled: Compiled, plan: Plan, blocks: Blocks, memory: Memory) {
    const { source } = compiled;
    const tasks = plan.kernels.map((kernel) => source.taskOf(kernel));
    const scratchBytes = align(
      tasks.reduce((most, task) => ('function' in task ? Math.max(most, task.function.scratch) : most), 0),
    );
    const threads = compiled.crew?.threads ?? 1;
    const tables = tasks.reduce((sum, task) => ('function' in task ? sum + task.from.length : sum), 0);
    const [tableAt, scratchAt] = [align(plan.arena.bytes), align(plan.arena.bytes) + align(tables * 8)];
    this.#arena = memory.take(scratchAt + scratchBytes * threads, 'what lies between kernels');
    this.#blocks = blocks;
    this.#plan = plan;
    const table = new BigInt64Array(this.#arena.buffer, this.#arena.start + tableAt, tables);
    const segments: { readonly entries: bigint[]; host?: () => void }[] = [{ entries: [] }];
    let [listed, divides] = [0, false];
    for (const [i, task] of tasks.entries()) {
      const segment = segments.at(-1);
      if ('host' in task) {
        if (segment !== undefined) segment.host = this.#onHost(task.host);
        segments.push({ entries: [] });
        continue;
      }
      const { index, units, mayDivide } = task.function;
      if (units === 0) continue;
      const at = this.#arena.address + tableAt + listed * 8;
      for (const { buffer, offset } of task.from) table[listed++] = BigInt(this.#addressOf(buffer, offset));
      const divided = threads > 1 && mayDivide && workOf(plan.kernels[i], plan) >= compiled.wide;
      divides ||= divided;
      segment?.entries.push(BigInt(index), BigInt(at), 0n, BigInt(units), divided ? 1n : 0n);
    }
    for (const { from, output } of plan.copies) {
      const { shape, dtype } = plan.specs.get(from) ?? { shape: [], dtype: 'float32' };
      const to = blocks.output[output]?.address ?? 0;
      const bytes = sizeOf(shape) * bytesOf(dtype);
      segments.at(-1)?.entries.push(-1n, BigInt(to), BigInt(this.#addressOf(from)), BigInt(bytes), 0n);
    }
    for (const { value, data } of plan.literals) {
      const spec = plan.specs.get(value);
      const { block, offset } = this.#placeOf(value);
      if (spec !== undefined && plan.locate(value).kind === 'arena') viewOf(block, spec, offset).set(data);
    }
    const scratch = this.#arena.address + scratchAt;
    const scripts = segments.map(({ entries, host }) => {
      const script = BigInt64Array.from(entries);
      return { script, count: script.length / entrySize, scratch, scratchBytes, host };
    });
    const step = (divides ? compiled.together : undefined) ?? compiled.step;
    const [only] = scripts;
    this.run =
      scripts.length === 1 && only !== undefined
        ? (times) => step(only, times)
        : (times) => {
            for (let t = 0; t < times; t++)
              for (const each of scripts) {
                step(each, 1);
                each.host?.();
              }
          };
  }

  #placeOf(value: number): Place {
    const location = this.#plan.locate(value);
    if (location.kind === 'arena') return { block: this.#arena, offset: location.offset };
    return { block: this.#blocks[location.kind][location.index] ?? this.#arena, offset: 0 };
  }

  /** The address of an element of a value. */
  #addressOf(value: number, element = 0): number {
    const { block, offset } = this.#placeOf(value);
    return block.address + offset + element * bytesOf(this.#plan.specs.get(value)?.dtype ?? 'float32');
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

/** Operations and elements of a kernel, which say how long it takes. */
function workOf(kernel: Kernel | undefined, plan: Plan): number {
  return kernel === undefined ? 0 : flopsOf(kernel) + trafficOf(kernel, plan) / 4;
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
