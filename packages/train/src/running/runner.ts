import type { Tensor } from '@pullback/core';
import type { Definition } from '../definition/definition.ts';
import type { Watched } from '../programs/metric-sums.ts';
import { type PlanKind, planOf } from '../programs/step-program.ts';
import { namedOf, type Samples, specsOf } from '../samples/samples.ts';
import { BoundProgram, type GivenBuffers } from './bound-program.ts';
import type { Store } from './numbers.ts';
import { ProgramCache } from './program-cache.ts';

/** Makes the Programs of a model, one for each kind and batch shape, and runs them on batches from the host. */
export class Runner {
  readonly #store: Store;
  readonly #programs = new ProgramCache();

  constructor(store: Store) {
    this.#store = store;
  }

  /** The Program for such samples, if it was made. */
  known(kind: PlanKind, samples: Samples, watched: readonly Watched[] | undefined): BoundProgram | undefined {
    return this.#programs.get(keyOf(kind, samples, watched));
  }

  /** The Program for such samples, made when it is not there. */
  prepare(
    kind: PlanKind,
    definition: Definition,
    samples: Samples,
    watched: readonly Watched[] | undefined,
    given?: GivenBuffers,
  ): Promise<BoundProgram> {
    return this.#programs.need(keyOf(kind, samples, watched), () =>
      BoundProgram.make(planOf(kind, definition, specsOf(samples), watched), this.#store, given),
    );
  }

  /** Writes the samples and runs the Program on them. */
  run(ready: BoundProgram, samples: Samples, times = 1): void {
    const { batch, binding } = ready;
    for (const [name, { data }] of namedOf(samples)) {
      const buffer = batch.get(name);
      if (buffer !== undefined) this.#store.backend.write(buffer, data);
    }
    ready.holds = samples;
    binding.run(times);
    this.#store.keep(ready.kept);
  }

  /** Runs the Program apart, on the host, and names the first node that makes a NaN or infinity. @throws NonFiniteError */
  async refuseNonFinite(
    { plan }: BoundProgram,
    samples: Samples,
    step: number,
    others: readonly (readonly [string, Tensor])[] = [],
  ): Promise<void> {
    const given = new Map<string, Tensor>([...(await this.#store.tensors()), ...namedOf(samples), ...others]);
    const values = plan.inputs.flatMap((name) => given.get(name) ?? []);
    const { checkFinite } = await import('../looking/find-non-finite.ts');
    checkFinite(plan.program, plan.inputs, values, step);
  }

  release(): void {
    this.#programs.release();
  }
}

/** Everything that a Program depends on, written out; metrics count by reference. */
function keyOf(kind: PlanKind, samples: Samples, watched: readonly Watched[] | undefined): string {
  return JSON.stringify([kind, specsOf(samples), watched?.map(({ total }) => total)]);
}
