import {
  allocateArray,
  type Buffer,
  InternalError,
  type Reducer,
  type Tensor,
  type TensorSpec,
  type TypedArray,
} from '@pullback/core';
import type { Definition } from '../definition/definition.ts';
import type { Watched } from '../programs/metric-sums.ts';
import { planNames } from '../programs/names.ts';
import { bucketSizes, planSummed } from '../programs/part-programs.ts';
import type { Partial, Plan } from '../programs/plan.ts';
import { countedSamples } from '../programs/step-program.ts';
import type { Walked } from '../programs/walk-through.ts';
import { BoundProgram, type GivenBuffers } from '../running/bound-program.ts';
import type { Store } from '../running/numbers.ts';
import { ProgramCache } from '../running/program-cache.ts';
import { Turns } from '../stepping/event-loop.ts';
import { OrderedSum } from './ordered-sum.ts';
import { bytesOfArray, floatsOf, type Part, partsOf } from './parts.ts';
import { Stragglers } from './stragglers.ts';

type Floats = Float32Array | Float64Array;

/** A batch that all ranks know, of which each computes its parts. */
export interface PartedBatch {
  readonly kind: 'training' | 'evaluation';
  readonly watched: readonly Watched[] | undefined;
  readonly count: number;
  /** The Program of a part, for ranks that have none. */
  plan(): Plan;
  /** Runs a part. @param scalars the numbers that its Program takes beside the samples. */
  run(part: Part, scalars: readonly (readonly [string, Tensor])[]): Promise<BoundProgram>;
}

/** Steps in two Programs: each rank computes its parts of a batch, their numbers are summed over all, and every rank updates its weights. */
export class PartedSteps {
  /** The buffers that the Programs of a step share. */
  readonly buffers: GivenBuffers;
  readonly #shared = new Map<string, Buffer>();
  readonly #programs = new ProgramCache();
  readonly #partials = new Map<string, Partial>();
  /** By the place of their bucket and its size. */
  readonly #ordered = new Map<string, OrderedSum>();
  readonly stragglers: Stragglers;

  constructor(
    readonly reducer: Reducer,
    readonly definition: Definition,
    readonly store: Store,
    readonly walk: () => Walked,
  ) {
    this.stragglers = new Stragglers(reducer);
    this.buffers = (name, spec) => (isShared(name) ? this.#buffer(name, spec) : undefined);
  }

  /** Runs a step, or a batch of an evaluation: all ranks call it with the same batch. */
  async run(batch: PartedBatch): Promise<void> {
    const { kind, watched, count } = batch;
    const key = JSON.stringify([kind, watched?.map(({ total }) => total)]);
    const kept: Floats[][] = [];
    for (const sum of this.#ordered.values()) sum.clear();
    const sums: (Floats | Promise<Floats>)[] = [];
    const { parts, rank } = this.reducer;
    const turns = new Turns();
    const started = performance.now();
    for (const part of partsOf(this.reducer, rank, count)) {
      const ready = await batch.run(part, this.#scalars(part, count));
      const { partial } = ready.plan;
      if (partial !== undefined) this.#partials.set(key, partial);
      for (const [i, size] of bucketSizes(partial?.buckets ?? []).entries()) {
        const numbers = await this.#read(planNames.bucket(i), size);
        if (parts === undefined) sums.push(this.#summed(numbers));
        else this.#sumOf(i, size).add(numbers);
      }
      for (const [i, [, buffer]] of ready.keptOfPart.entries())
        kept[i] = [...(kept[i] ?? []), floats(await this.store.backend.read(buffer))];
      if (turns.due) await turns.take();
    }
    const computed = performance.now() - started;
    const partial = this.#partials.get(key) ?? batch.plan().partial;
    if (partial === undefined) throw new InternalError({ got: 'a part of a step without its numbers' });
    this.#partials.set(key, partial);
    const sizes = bucketSizes(partial.buckets);
    if (parts !== undefined)
      for (const [i, size] of sizes.entries()) sums.push(await this.#sumOf(i, size).take());
    else if (sums.length === 0) for (const size of sizes) sums.push(this.#summed(this.#zeros(size)));
    await this.#gather(watched, kept);
    await this.stragglers.took(computed);
    const summed = await this.#programs.need(key, () =>
      BoundProgram.make(
        planSummed(this.definition, this.walk(), partial, kind === 'training'),
        this.store,
        this.buffers,
      ),
    );
    for (const [i, numbers] of (await Promise.all(sums)).entries())
      this.#write(planNames.bucket(i), [numbers.length], numbers);
    this.#write(planNames.samples, [], this.#scalar(countedSamples(this.definition, count)));
    summed.binding.run(1);
  }

  release(): void {
    this.#programs.release();
    for (const buffer of this.#shared.values()) this.store.backend.free(buffer);
    this.#shared.clear();
    this.#ordered.clear();
  }

  /** Writes the scalars of a part. */
  #scalars({ from, size }: Part, count: number) {
    const { dtype } = this.definition;
    const share = this.#scalar(size / count);
    const scalars: (readonly [string, Tensor])[] = [
      [planNames.place, { shape: [], dtype: 'int32', data: Int32Array.of(from) }],
      [planNames.share, { shape: [], dtype, data: share }],
    ];
    for (const [name, { data }] of scalars) this.#write(name, [], data);
    return scalars;
  }

  /** The sum of a bucket in the order of the parts. */
  #sumOf(bucket: number, size: number): OrderedSum {
    const key = `${bucket} ${size}`;
    const known = this.#ordered.get(key) ?? new OrderedSum(this.reducer, this.#zeros(size));
    this.#ordered.set(key, known);
    return known;
  }

  async #summed(numbers: Floats): Promise<Floats> {
    await this.reducer.sum(numbers);
    return numbers;
  }

  /** Keeps what all ranks have for metrics that keep the numbers of every sample, in the order of the samples. */
  async #gather(watched: readonly Watched[] | undefined, kept: readonly Floats[][]): Promise<void> {
    const keeping = watched?.filter(({ metric }) => metric.keeps === true) ?? [];
    for (const [i, { total }] of keeping.entries()) {
      const mine = bytesOfArray(Float64Array.from((kept[i] ?? []).flatMap((numbers) => [...numbers])));
      const { reducer } = this;
      const all = await reducer.exchange(Array.from({ length: reducer.size }, () => mine));
      for (const bytes of all) this.store.keepNumbers(total, floatsOf(bytes, new Float64Array()));
    }
  }

  #scalar(x: number): TypedArray {
    return allocateArray(this.definition.dtype, 1).fill(x);
  }

  #zeros(size: number): Floats {
    return floats(allocateArray(this.definition.dtype, size));
  }

  #buffer(name: string, spec: TensorSpec): Buffer {
    // Training and evaluation have buckets of other sizes.
    const key = `${name} ${spec.shape}`;
    const known = this.#shared.get(key) ?? this.store.backend.allocate(spec);
    this.#shared.set(key, known);
    return known;
  }

  async #read(name: string, size: number): Promise<Floats> {
    const { dtype } = this.definition;
    return floats(await this.store.backend.read(this.#buffer(name, { shape: [size], dtype })));
  }

  #write(name: string, shape: readonly number[], data: TypedArray): void {
    const dtype = name === planNames.place ? 'int32' : this.definition.dtype;
    this.store.backend.write(this.#buffer(name, { shape, dtype }), data);
  }
}

function isShared(name: string): boolean {
  return /^(bucket\/|next:|(place|share|samples)$)/.test(name);
}

function floats(array: TypedArray): Floats {
  if (array instanceof Float32Array || array instanceof Float64Array) return array;
  return Float64Array.from(array);
}
