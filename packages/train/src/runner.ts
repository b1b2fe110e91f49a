import type { Tensor } from '@pullback/core';
import { namedOf, type Samples, specsOf } from './data.ts';
import type { Definition } from './definition.ts';
import { type PlanKind, planOf } from './plan.ts';
import { Ready } from './ready.ts';
import { ReadyPrograms } from './ready-programs.ts';
import type { Store } from './store.ts';
import type { Watched } from './watched.ts';

/** Makes the Programs of a model, one for each kind and batch shape, and runs them on batches from the host. */
export class Runner {
  readonly #store: Store;
  readonly #programs = new ReadyPrograms();

  constructor(store: Store) {
    this.#store = store;
  }

  /** The Program for such samples, if it was made. */
  known(kind: PlanKind, samples: Samples, watched: readonly Watched[] | undefined): Ready | undefined {
    return this.#programs.get(keyOf(kind, samples, watched));
  }

  /** The Program for such samples, made when it is not there. */
  prepare(
    kind: PlanKind,
    definition: Definition,
    samples: Samples,
    watched: readonly Watched[] | undefined,
  ): Promise<Ready> {
    return this.#programs.need(keyOf(kind, samples, watched), () =>
      Ready.make(planOf(kind, definition, specsOf(samples), watched), this.#store),
    );
  }

  /** Writes the samples and runs the Program on them. */
  run(ready: Ready, samples: Samples, times = 1): void {
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
  async refuseNonFinite({ plan }: Ready, samples: Samples, step: number): Promise<void> {
    const given = new Map<string, Tensor>([...(await this.#store.tensors()), ...namedOf(samples)]);
    const values = plan.inputs.flatMap((name) => given.get(name) ?? []);
    const { checkFinite } = await import('./find-non-finite.ts');
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
