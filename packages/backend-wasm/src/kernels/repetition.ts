import type { Kernel, Repeated, Steps, WholeKernel } from '@pullback/compiler';
import { bytesOf, sizeOf, type TensorSpec, type TypedArray } from '@pullback/core';
import type { CopyPart, Part, Row } from '../threads/parts.ts';
import type { Locate, Start } from './places.ts';

/** The memory that a repetition asks for. */
export interface Memory {
  /** Bytes of the arena for what it keeps from step to step. */
  take(bytes: number): number;
  /** Numbers that lie in the arena from the start. */
  put(at: number, data: TypedArray): void;
  /** A row of the table. */
  row(starts: readonly Start[]): Row;
  /** A kernel of `steps`, whose values lie where `locate` says. */
  partOf(kernel: Kernel, steps: Steps, locate: Locate): Part;
}

/**
 * A repetition as a loop around the functions of a step. Each step has rows of its own in the table: slices of sequences, stacks and histories move on from row
 * to row, and carries without a history change between two places.
 */
export class Repetition {
  /** Where what a step makes for itself lies, and where the carries of even and of odd steps do. */
  readonly #arena: number;
  readonly #carries: readonly (readonly [number, number])[];

  constructor(
    readonly kernel: WholeKernel,
    readonly repeated: Repeated,
    readonly memory: Memory,
  ) {
    const { step, histories } = repeated;
    this.#arena = memory.take(step.arena.bytes);
    this.#carries = this.#carrySpecs.map((spec, i) => {
      const take = () => (histories.includes(i) ? 0 : memory.take(bytesFor(spec)));
      return [take(), take()] as const;
    });
    for (const { value, data } of step.literals) {
      const place = step.locate(value);
      if (place.kind === 'arena') memory.put(this.#arena + place.offset, data);
    }
  }

  get #carrySpecs(): readonly TensorSpec[] {
    const { captured, carries, body } = this.repeated;
    return body.inputs.slice(captured, captured + carries);
  }

  part(locate: Locate): Part {
    const { repeated, memory } = this;
    const { length, reverse, step, histories, finals } = repeated;
    const before = histories.map((carry) =>
      this.#copy(carry, this.#history(carry, reverse ? length : 0, locate), this.#first(carry, locate)),
    );
    const from = memory.row([]).row;
    let parts: readonly Part[] = [];
    let to = from;
    for (let done = 0; done < length; done++) {
      const places = (value: number, element = 0) => this.#place(value, element, done, locate);
      const made = step.kernels.map((kernel) => memory.partOf(kernel, step, places));
      if (done > 0) continue;
      parts = made;
      to = memory.row([]).row;
    }
    const after = finals.flatMap((carry, place): CopyPart[] => {
      const isWritten = length > 0 && !histories.includes(carry);
      const last =
        length === 0 ? this.#first(carry, locate) : this.#history(carry, reverse ? 0 : length, locate);
      return isWritten ? [] : [this.#copy(carry, this.#output(place, 0, locate), last)];
    });
    return { loop: { length, rows: to - from, before, parts, after } };
  }

  /** Where a value of a step lies in one of the steps. */
  #place(value: number, element: number, done: number, locate: Locate): Start {
    const { captured, carries, length, reverse, step, body } = this.repeated;
    const spec = step.specs.get(value) ?? { shape: [], dtype: 'float32' };
    const within = element * bytesOf(spec.dtype);
    const place = reverse ? length - 1 - done : done;
    const found = step.locate(value);
    const moved = (start: Start) => ({ ...start, offset: start.offset + within });
    if (found.kind === 'arena') return { name: 'arena', offset: this.#arena + found.offset + within };
    if (found.kind === 'output') {
      if (found.index < carries) return moved(this.#carry(found.index, done + 1, locate));
      const { finals, histories } = this.repeated;
      const stack = finals.length + histories.length + found.index - carries;
      return moved(this.#output(stack, place * sizeOf(spec.shape), locate));
    }
    if (found.index < captured) return moved(this.#input(found.index, 0, locate));
    const carry = found.index - captured;
    if (carry < carries) return moved(this.#carry(carry, done, locate));
    return moved(this.#input(found.index, place * sizeOf(body.inputs[found.index]?.shape ?? []), locate));
  }

  /** A carry when so many steps are done. */
  #carry(carry: number, done: number, locate: Locate): Start {
    const { length, reverse, histories, finals } = this.repeated;
    if (histories.includes(carry)) return this.#history(carry, reverse ? length - done : done, locate);
    if (done === 0) return this.#first(carry, locate);
    const final = finals.indexOf(carry);
    if (done === length && final >= 0) return this.#output(final, 0, locate);
    return { name: 'arena', offset: this.#carries[carry]?.[done % 2] ?? 0 };
  }

  #first(carry: number, locate: Locate): Start {
    return this.#input(this.repeated.captured + carry, 0, locate);
  }

  #history(carry: number, place: number, locate: Locate): Start {
    const { finals, histories } = this.repeated;
    const size = sizeOf(this.#carrySpecs[carry]?.shape ?? []);
    return this.#output(finals.length + histories.indexOf(carry), place * size, locate);
  }

  #input(place: number, element: number, locate: Locate): Start {
    const { inputs, offsets } = this.kernel;
    return locate(inputs[place] ?? 0, (offsets[place] ?? 0) + element);
  }

  #output(place: number, element: number, locate: Locate): Start {
    return locate(this.kernel.outputs[place] ?? 0, element);
  }

  #copy(carry: number, to: Start, from: Start): CopyPart {
    const spec = this.#carrySpecs[carry];
    return {
      bytes: spec === undefined ? 0 : sizeOf(spec.shape) * bytesOf(spec.dtype),
      ...this.memory.row([to, from]),
    };
  }
}

/** Bytes of a value, and as many behind it as may be read past its end. */
function bytesFor({ shape, dtype }: TensorSpec): number {
  return sizeOf(shape) * bytesOf(dtype) + 64;
}
