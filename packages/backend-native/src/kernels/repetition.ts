import type { Kernel, Repeated, WholeKernel } from '@pullback/compiler';
import { bytesOf, sizeOf, type TensorSpec, type TypedArray } from '@pullback/core';
import type { Call, Numbers } from './call.ts';

/** A repetition as C: memory of its own comes first among its buffers, then what it is given, its results, and numbers of the Program. */
export interface PrintedRepetition {
  /** By one thread; as the body of a function of a kernel. */
  readonly alone: readonly string[];
  /** By all threads, each for its `hand`; undefined where nothing in a step is divided. */
  readonly together: readonly string[] | undefined;
  /** Bytes of memory of its own: what a step makes, and the carries of even and of odd steps. */
  readonly bytes: number;
  readonly scratch: number;
  readonly numbers: readonly Numbers[];
}

/** The function of a kernel whose values are of `specs`; undefined where there is nothing to do. */
export type CallOf = (kernel: Kernel, specs: ReadonlyMap<number, TensorSpec>) => Call | undefined;

/** How a thread, or all of them, do the parts of a step. */
interface Manner {
  call(call: Call): string;
  copy(to: string, from: string, bytes: number): string;
}

const alone: Manner = {
  call: ({ name, units }) => `${name}(p, 0, ${units}, scratch);`,
  copy: (to, from, bytes) => `memcpy(${to}, ${from}, ${bytes});`,
};

const together: Manner = {
  call: ({ name, together: all, units, divided }) =>
    all === undefined ? `part(hand, ${name}, p, 0, ${units}, ${divided ? 1 : 0});` : `${all}(p, hand);`,
  copy: (to, from, bytes) => `copy(hand, ${to}, ${from}, ${bytes});`,
};

export function printRepetition(kernel: WholeKernel, repeated: Repeated, callOf: CallOf): PrintedRepetition {
  const { step } = repeated;
  const calls = step.kernels.flatMap((each) => callOf(each, step.specs) ?? []);
  const places = new StepPlaces(kernel, repeated);
  const inner = places.take(calls.reduce((most, { bytes }) => Math.max(most, bytes), 0));
  const buffersOf = ({ starts }: Call) =>
    starts.map((start) => {
      if (start.kind === 'value') return places.of(start.value, start.element);
      return start.kind === 'own' ? plus('b_[0]', inner) : places.numbers(start);
    });
  const steps = calls.map((call) => ({ call, buffers: buffersOf(call) }));
  const { before, after } = places.copies();
  const print = ({ call, copy }: Manner) => {
    const copies = (list: readonly Copy[]) => list.map(({ to, from, bytes }) => copy(to, from, bytes));
    return [
      ...copies(before),
      `for (int64_t t = 0; t < ${repeated.length}; t++) {`,
      ...places.carried.map((line) => `  ${line}`),
      ...steps.map(
        ({ call: each, buffers }) => `  { char *const p[] = {${buffers.join(', ')}}; ${call(each)} }`,
      ),
      '}',
      ...copies(after),
    ];
  };
  const isShared = calls.some((call) => call.divided || call.together !== undefined);
  return {
    alone: print(alone),
    together: isShared ? print(together) : undefined,
    bytes: places.bytes,
    scratch: calls.reduce((most, { scratch }) => Math.max(most, scratch), 0),
    numbers: places.given,
  };
}

interface Copy {
  readonly to: string;
  readonly from: string;
  readonly bytes: number;
}

/**
 * Addresses in step `t`: slices of sequences, stacks and histories are a stride from each other; carries without a history change between two
 * places, but the first is read where it was given and the last is written where it goes.
 */
class StepPlaces {
  bytes = 0;
  readonly #numbers = new Map<TypedArray, Numbers>();
  readonly #own: number;
  readonly #slots = new Map<number, readonly [number, number]>();
  /** The locals of carries, by their names. */
  readonly #carried = new Map<string, string>();

  constructor(
    readonly kernel: WholeKernel,
    readonly repeated: Repeated,
  ) {
    this.#own = this.take(repeated.step.arena.bytes);
  }

  get carried(): string[] {
    return [...this.#carried.values()];
  }

  /** So many bytes of its own. */
  take(bytes: number): number {
    const at = this.bytes;
    this.bytes += Math.ceil(bytes / 64) * 64;
    return at;
  }

  get given(): Numbers[] {
    return [...this.#numbers.values()];
  }

  numbers(start: Numbers): string {
    if (!this.#numbers.has(start.data)) this.#numbers.set(start.data, start);
    const place = [...this.#numbers.keys()].indexOf(start.data);
    const { inputs, outputs } = this.kernel;
    return `b_[${1 + inputs.length + outputs.length + place}]`;
  }

  /** An element of a value of a step. */
  of(value: number, element: number): string {
    const { captured, carries, step } = this.repeated;
    const spec = step.specs.get(value) ?? { shape: [], dtype: 'float32' };
    const within = element * bytesOf(spec.dtype);
    const literal = step.literals.find((each) => each.value === value);
    if (literal !== undefined && literal.data.length > 0)
      return plus(this.numbers({ kind: 'numbers', data: literal.data, spec }), within);
    const found = step.locate(value);
    if (found.kind === 'arena') return plus('b_[0]', this.#own + found.offset + within);
    if (found.kind === 'output')
      return found.index < carries
        ? plus(this.#carry(found.index, 1), within)
        : this.#slice(this.#output(this.#stack(found.index - carries)), spec, 0, within);
    if (found.index < captured) return plus(this.#input(found.index), within);
    const carry = found.index - captured;
    return carry < carries
      ? plus(this.#carry(carry, 0), within)
      : this.#slice(this.#input(found.index), spec, 0, within);
  }

  /** Copies of carries before the steps and after them. */
  copies(): { readonly before: readonly Copy[]; readonly after: readonly Copy[] } {
    const { length, reverse, histories, finals } = this.repeated;
    const place = (carry: number, row: number) =>
      plus(this.#history(carry), row * sizeInBytes(this.#specOf(carry)));
    const copy = (carry: number, to: string, from: string): Copy => ({
      ...{ to, from },
      bytes: sizeInBytes(this.#specOf(carry)),
    });
    const before = histories.map((carry) =>
      copy(carry, place(carry, reverse ? length : 0), this.#first(carry)),
    );
    const after = finals.flatMap((carry, i): Copy[] => {
      if (length === 0) return [copy(carry, this.#output(i), this.#first(carry))];
      if (!histories.includes(carry)) return [];
      return [copy(carry, this.#output(i), place(carry, reverse ? 0 : length))];
    });
    return { before, after };
  }

  /** Where one slice begins of those that follow each other, `more` behind that of this step. */
  #slice(start: string, spec: TensorSpec, more: number, within: number): string {
    const { length, reverse } = this.repeated;
    const bytes = sizeInBytes(spec);
    return reverse
      ? `${plus(start, (length - 1 + more) * bytes + within)} - t * ${bytes}`
      : `${plus(start, more * bytes + within)} + t * ${bytes}`;
  }

  /** A carry before this step, or with `more` 1 after it. */
  #carry(carry: number, more: 0 | 1): string {
    const { length, reverse, histories, finals } = this.repeated;
    const spec = this.#specOf(carry);
    if (histories.includes(carry))
      return this.#slice(this.#history(carry), spec, reverse ? 1 - more : more, 0);
    const name = `${more === 0 ? 'carry' : 'next'}${carry}`;
    const [even, odd] = this.#slotsOf(carry).map((slot) => plus('b_[0]', slot));
    const kept = more === 0 ? `t % 2 ? ${odd} : ${even}` : `t % 2 ? ${even} : ${odd}`;
    const final = finals.indexOf(carry);
    const given =
      more === 0
        ? `t == 0 ? ${this.#first(carry)} : `
        : final < 0
          ? ''
          : `t == ${length - 1} ? ${this.#output(final)} : `;
    this.#carried.set(name, `char *const ${name} = ${given}${kept};`);
    return name;
  }

  #slotsOf(carry: number): readonly [number, number] {
    const take = () => this.take(sizeInBytes(this.#specOf(carry)) + 64);
    const slots = this.#slots.get(carry) ?? [take(), take()];
    this.#slots.set(carry, slots);
    return slots;
  }

  #specOf(carry: number): TensorSpec {
    const { body, captured } = this.repeated;
    return body.inputs[captured + carry] ?? { shape: [], dtype: 'float32' };
  }

  #first(carry: number): string {
    return this.#input(this.repeated.captured + carry);
  }

  #history(carry: number): string {
    const { finals, histories } = this.repeated;
    return this.#output(finals.length + histories.indexOf(carry));
  }

  #stack(place: number): number {
    const { finals, histories } = this.repeated;
    return finals.length + histories.length + place;
  }

  #input(place: number): string {
    return `b_[${1 + place}]`;
  }

  #output(place: number): string {
    return `b_[${1 + this.kernel.inputs.length + place}]`;
  }
}

function sizeInBytes({ shape, dtype }: TensorSpec): number {
  return sizeOf(shape) * bytesOf(dtype);
}

function plus(start: string, bytes: number): string {
  return bytes === 0 ? start : `${start} + ${bytes}`;
}
