import type { Binding, Buffer, Executable, TensorSpec } from '@pullback/core';
import { planNames } from '../programs/names.ts';
import type { Plan } from '../programs/plan.ts';
import type { Samples } from '../samples/samples.ts';
import { Pace } from '../stepping/call-pace.ts';
import type { Store } from './numbers.ts';

/** Buffers of a batch that a Program shares with others, by name. */
export type GivenBuffers = (name: string, spec: TensorSpec) => Buffer | undefined;

/** A Program with its buffers fixed, ready to be run. */
export class BoundProgram {
  /** How many steps of it a call has time for. */
  readonly pace = new Pace();
  /** The buffers that a step leaves for metrics that keep the numbers of every batch, by the name of their total. */
  readonly kept: readonly (readonly [string, Buffer])[];
  /** The same of a part of a batch: it is not all that there is. */
  readonly keptOfPart: BoundProgram['kept'];
  /** The samples that its buffers hold, as they were when they were written. */
  holds: Samples | undefined;
  readonly #release: () => void;
  #released = false;

  private constructor(
    readonly plan: Plan,
    /** The buffers of the samples and the prediction, by name; all others are the store's. */
    readonly batch: ReadonlyMap<string, Buffer>,
    readonly binding: Binding,
    release: () => void,
  ) {
    this.#release = release;
    const kept = [...batch].flatMap(([name, buffer]) =>
      planNames.isKept(name) ? [[name.slice(planNames.kept('').length), buffer] as const] : [],
    );
    this.kept = plan.partial === undefined ? kept : [];
    this.keptOfPart = plan.partial === undefined ? [] : kept;
  }

  /** Compiles a Program and gives it its buffers: those of its batch from `given`, or made for it alone. */
  static async make(plan: Plan, store: Store, given?: GivenBuffers): Promise<BoundProgram> {
    const { backend } = store;
    const executable: Executable = await backend.compile(plan.program, sharedBy(plan));
    const batch = new Map<string, Buffer>();
    const own: Buffer[] = [];
    const release = () => {
      executable.dispose?.();
      for (const buffer of own) backend.free(buffer);
    };
    const bufferOf = (name: string): Buffer => {
      const spec = plan.specs.get(name) ?? { shape: [], dtype: 'float32' };
      if (!planNames.isOfBatch(name)) return store.hold(name, spec);
      const known = batch.get(name) ?? given?.(name, spec);
      const buffer = known ?? backend.allocate(spec);
      if (known === undefined) own.push(buffer);
      batch.set(name, buffer);
      return buffer;
    };
    try {
      const binding = executable.bind(plan.inputs.map(bufferOf), plan.outputs.map(bufferOf));
      return new BoundProgram(plan, batch, binding, release);
    } catch (failure) {
      release();
      throw failure;
    }
  }

  get released(): boolean {
    return this.#released;
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    this.#release();
  }
}

/** For each output the inputs of its name, which have the same buffer. */
function sharedBy({ inputs, outputs }: Plan): readonly (readonly number[])[] {
  const places = new Map<string, number[]>();
  inputs.forEach((name, i) => {
    places.set(name, [...(places.get(name) ?? []), i]);
  });
  return outputs.map((name) => places.get(name) ?? []);
}
