import {
  flopsOf,
  type Kernel,
  type Repeated,
  type Steps,
  type Structure,
  structureOf,
  trafficOf,
  type WholeKernel,
} from '@pullback/compiler';
import type { TypedArray } from '@pullback/core';
import type { LaneOptions } from '../lane.ts';
import type { Part, Row } from '../threads/parts.ts';
import { type Defined, defineLoop } from './loop.ts';
import { type Globals, Listed, type Locate, type Places, type Start, startOf } from './places.ts';
import { defineProductKernel } from './product.ts';
import { type Memory, Repetition } from './repetition.ts';
import { defineWhole, isWritten } from './whole.ts';

/** The kernels of a plan as functions. */
export interface Functions {
  /** In the order of the kernels. */
  readonly parts: readonly Part[];
  /** The kernels that the host runs. */
  readonly host: readonly WholeKernel[];
  /** Where the buffers lie of kernels that share a function: int32 addresses. */
  readonly table: readonly Start[];
  /** Bytes behind the arena of the plan for what steps of repetitions make, and the numbers that lie there from the start. */
  readonly steps: number;
  readonly literals: readonly { readonly at: number; readonly data: TypedArray }[];
  /** Bytes of scratch memory that the largest of them needs. */
  readonly scratch: number;
}

export interface FunctionOptions extends LaneOptions {
  /** Operations and elements from which on a kernel is divided among threads; none is when left out. */
  readonly wide?: number | undefined;
}

/** Kernels that are equal but for their buffers, or are done often, share a function, which reads addresses from a table; others have them in their code. */
export function defineKernels(
  plan: Steps & Globals['plan'],
  globals: Globals,
  options: FunctionOptions,
): Functions {
  const definitions = new Definitions(globals, options, align(plan.arena.bytes));
  definitions.count(plan, 1);
  const parts = plan.kernels.map((kernel) =>
    definitions.partOf(kernel, plan, (value, element = 0) => startOf(plan, value, element)),
  );
  return { ...definitions.made, parts };
}

const align = (bytes: number): number => Math.ceil(bytes / 64) * 64;

class Definitions implements Memory {
  readonly #structures = new Map<Kernel, Structure>();
  readonly #times = new Map<string, number>();
  readonly #shared = new Map<string, Defined>();
  readonly #table: Start[] = [];
  readonly #host: WholeKernel[] = [];
  readonly #literals: { readonly at: number; readonly data: TypedArray }[] = [];
  /** A repetition within another one has the same memory in each step of that. */
  readonly #repetitions = new Map<Kernel, Repetition>();
  readonly #begin: number;
  #end: number;
  #scratch = 0;

  constructor(
    readonly globals: Globals,
    readonly options: FunctionOptions,
    begin: number,
  ) {
    this.#begin = begin;
    this.#end = begin;
  }

  get made(): Omit<Functions, 'parts'> {
    return {
      host: this.#host,
      table: this.#table,
      steps: this.#end - this.#begin,
      literals: this.#literals,
      scratch: this.#scratch,
    };
  }

  /** Counts how often each function is to be there, with those of the steps of repetitions. */
  count({ kernels, specs }: Steps, times: number): void {
    for (const kernel of kernels) {
      const repeated = kernel.kind === 'whole' ? kernel.repeated : undefined;
      if (repeated !== undefined) this.count(repeated.step, 2);
      else {
        const structure = structureOf(kernel, specs);
        this.#structures.set(kernel, structure);
        this.#times.set(structure.key, (this.#times.get(structure.key) ?? 0) + times);
      }
    }
  }

  take(bytes: number): number {
    const at = this.#end;
    this.#end += align(bytes);
    return at;
  }

  put(at: number, data: TypedArray): void {
    this.#literals.push({ at, data });
  }

  row(starts: readonly Start[]): Row {
    const row = this.#table.length;
    this.#table.push(...starts);
    return { row };
  }

  #repetitionOf(kernel: WholeKernel, repeated: Repeated): Repetition {
    const made = this.#repetitions.get(kernel) ?? new Repetition(kernel, repeated, this);
    this.#repetitions.set(kernel, made);
    return made;
  }

  partOf(kernel: Kernel, steps: Steps, locate: Locate): Part {
    const { globals, options } = this;
    if (kernel.kind === 'whole' && kernel.repeated !== undefined)
      return this.#repetitionOf(kernel, kernel.repeated).part(locate);
    if (kernel.kind === 'whole' && !isWritten(kernel)) return { host: this.#host.push(kernel) - 1 };
    const { kernel: moved, key, from } = this.#structures.get(kernel) ?? structureOf(kernel, steps.specs);
    const alone = this.#times.get(key) === 1;
    const known = this.#shared.get(key);
    const places = alone ? globals : new Listed(globals.module, steps, from);
    const defined = known ?? define(alone ? kernel : moved, places, options);
    this.#shared.set(key, defined);
    this.#scratch = Math.max(this.#scratch, defined.scratch);
    const { wide } = options;
    const divided = defined.units > 1 && wide !== undefined && workOf(kernel, steps) >= wide;
    if (alone) return { ...defined, divided };
    return { ...defined, divided, ...this.row(from.map(({ buffer, offset }) => locate(buffer, offset))) };
  }
}

/** Operations and elements of a kernel, which say how long it takes. */
function workOf(kernel: Kernel, steps: Pick<Steps, 'specs'>): number {
  return flopsOf(kernel) + trafficOf(kernel, steps) / 4;
}

function define(kernel: Kernel, places: Places, options: LaneOptions): Defined {
  switch (kernel.kind) {
    case 'product':
      return defineProductKernel(kernel, places, options);
    case 'loop':
      return defineLoop(kernel, places, options);
    case 'whole':
      return defineWhole(kernel, places);
    default:
      return kernel satisfies never;
  }
}
