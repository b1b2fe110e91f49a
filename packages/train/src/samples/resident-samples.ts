import { type Buffer, bytesOf, sizeOf, type TensorSpec } from '@pullback/core';
import type { Definition } from '../definition/definition.ts';
import type { Watched } from '../programs/metric-sums.ts';
import { planNames } from '../programs/names.ts';
import type { Choice } from '../programs/sample-selection.ts';
import { type PlanKind, planOf } from '../programs/step-program.ts';
import { BoundProgram, type GivenBuffers } from '../running/bound-program.ts';
import type { Store } from '../running/numbers.ts';
import { ProgramCache } from '../running/program-cache.ts';
import { namedOf, type Samples, specsOf } from './samples.ts';

/** Samples that lie on a backend, whole and in their own dtypes, with an order and the place where the next step begins in it. */
export class ResidentSet {
  readonly #store: Store;
  readonly #buffers = new Map<string, Buffer>();
  readonly #programs = new ProgramCache();
  readonly #place = new Int32Array(1);
  readonly #count: number;
  /** The contents of `order` and `cursor` on the backend, as far as they are known. */
  #order: Int32Array | undefined;
  #cursor: number | undefined;

  constructor(store: Store, samples: Samples) {
    this.#store = store;
    this.#count = samples.count;
    for (const [name, { shape, dtype }] of namedOf(samples)) this.#hold(name, { shape, dtype });
    this.#hold(planNames.cursor, { shape: [], dtype: 'int32' });
  }

  /** Writes other samples of the same specs. */
  write(samples: Samples): void {
    for (const [name, { data }] of namedOf(samples)) this.#put(name, data);
  }

  /** The Program that takes its samples from here as `choice` says, made when it is not there. */
  prepare(
    kind: PlanKind,
    definition: Definition,
    samples: Samples,
    watched: readonly Watched[] | undefined,
    choice: Choice | undefined,
    given?: GivenBuffers,
  ): Promise<BoundProgram> {
    const key = JSON.stringify([kind, choice, watched?.map(({ total }) => total)]);
    return this.#programs.need(key, () => {
      const specs = { ...specsOf(samples), ...(choice && { choice }) };
      if (choice?.by === 'order') this.#hold(planNames.order, { shape: [this.#count], dtype: 'int32' });
      return BoundProgram.make(
        planOf(kind, definition, specs, watched),
        this.#store,
        (name, spec) => this.#buffers.get(name) ?? given?.(name, spec),
      );
    });
  }

  /** Runs `times` steps in one call, the first on the samples from place `from` of `order` on. Orders are told apart by reference. */
  run(
    ready: BoundProgram,
    choice: Choice | undefined,
    times: number,
    from: number,
    order?: Int32Array,
  ): void {
    if (choice?.by === 'order' && order !== undefined && order !== this.#order) {
      this.#put(planNames.order, order);
      this.#order = order;
    }
    // All samples are taken without the cursor.
    const moves = choice !== undefined && choice.size < this.#count;
    if (moves && from !== this.#cursor) {
      this.#place[0] = from;
      this.#put(planNames.cursor, this.#place);
    }
    if (moves) this.#cursor = undefined;
    ready.binding.run(times);
    this.#store.keep(ready.kept);
    if (moves) this.#cursor = from + times * choice.size;
  }

  /** Waits until everything that was run is done. */
  async settled(): Promise<void> {
    const cursor = this.#buffers.get(planNames.cursor);
    if (cursor !== undefined) await this.#store.backend.read(cursor);
  }

  free(): void {
    this.#programs.release();
    for (const buffer of this.#buffers.values()) this.#store.backend.free(buffer);
    this.#buffers.clear();
  }

  #hold(name: string, spec: TensorSpec): void {
    if (!this.#buffers.has(name)) this.#buffers.set(name, this.#store.backend.allocate(spec));
  }

  #put(name: string, data: Samples['inputs'][number]['data']): void {
    const buffer = this.#buffers.get(name);
    if (buffer !== undefined) this.#store.backend.write(buffer, data);
  }
}

/** Bytes of samples on a backend, with their order; and of the largest buffer among them. */
export function bytesOfSamples(samples: Samples): { readonly all: number; readonly largest: number } {
  const specs: TensorSpec[] = namedOf(samples).map(([, tensor]) => tensor);
  specs.push({ shape: [samples.count], dtype: 'int32' });
  const bytes = specs.map(({ shape, dtype }) => sizeOf(shape) * bytesOf(dtype));
  return { all: bytes.reduce((sum, each) => sum + each, 0), largest: Math.max(...bytes) };
}
