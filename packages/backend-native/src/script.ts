import type { Plan } from '@pullback/compiler';
import { bytesOf, sizeOf, type Tensor } from '@pullback/core';
import type { Compiled } from './compiled.ts';
import type { Call, Start } from './kernels/call.ts';
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
    const tasks = plan.kernels.map((kernel) => compiled.source.taskOf(kernel));
    const calls = tasks.flatMap((task) => (task === undefined || 'host' in task ? [] : [task]));
    const most = (bytesOfCall: (call: Call) => number) =>
      align(calls.reduce((bytes, call) => Math.max(bytes, bytesOfCall(call)), 0));
    const scratchBytes = most(({ scratch }) => scratch);
    const starts = calls.flatMap((call) => call.starts);
    const layout = new Layout();
    layout.take(plan.arena.bytes);
    const tableAt = layout.take(starts.length * 8);
    const numbersAt = new Map(
      starts.flatMap((start) =>
        start.kind === 'numbers' ? [[start, layout.take(start.data.byteLength + 64)] as const] : [],
      ),
    );
    const ownAt = layout.take(most(({ bytes }) => bytes));
    const scratchAt = layout.take(scratchBytes * (compiled.crew?.threads ?? 1));
    this.#arena = memory.take(layout.bytes, 'what lies between kernels');
    this.#blocks = blocks;
    this.#plan = plan;
    const { address } = this.#arena;
    const addressOf = (start: Start): number => {
      if (start.kind === 'value') return this.#addressOf(start.value, start.element);
      return address + (start.kind === 'own' ? ownAt : (numbersAt.get(start) ?? 0));
    };
    const table = new BigInt64Array(this.#arena.buffer, this.#arena.start + tableAt, starts.length);
    starts.forEach((start, i) => {
      table[i] = BigInt(addressOf(start));
    });
    for (const [{ spec, data }, at] of numbersAt) viewOf(this.#arena, spec, at).set(data);
    const segments: { readonly entries: bigint[]; host?: () => void }[] = [{ entries: [] }];
    let [listed, divides] = [0, false];
    for (const task of tasks) {
      if (task === undefined) continue;
      const segment = segments.at(-1);
      if ('host' in task) {
        if (segment !== undefined) segment.host = this.#onHost(task.host);
        segments.push({ entries: [] });
        continue;
      }
      const at = address + tableAt + listed * 8;
      listed += task.starts.length;
      divides ||= task.divided;
      segment?.entries.push(BigInt(task.index), BigInt(at), 0n, BigInt(task.units), task.divided ? 1n : 0n);
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
    const scratch = address + scratchAt;
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

/** Places in a block, one behind the other. */
class Layout {
  bytes = 0;

  take(bytes: number): number {
    const at = this.bytes;
    this.bytes += align(bytes);
    return at;
  }
}

function align(bytes: number): number {
  return Math.ceil(bytes / 64) * 64;
}
