import type { Binding, Buffer, Tensor, TensorSpec } from '@pullback/core';
import type { Samples } from './data.ts';
import type { Definition } from './definition.ts';
import { checkFinite } from './find-non-finite.ts';
import {
  type BatchSpecs,
  type Plan,
  planEvaluation,
  planNames,
  planPrediction,
  planTraining,
} from './plan.ts';
import type { Store } from './store.ts';
import type { Watched } from './watched.ts';

/** A Program with its buffers fixed, ready to be run. */
export interface Ready {
  readonly plan: Plan;
  readonly binding: Binding;
  /** The buffers of the batch and the prediction; all others are the store's. */
  readonly own: ReadonlyMap<string, Buffer>;
}

const planners = {
  training: planTraining,
  evaluation: planEvaluation,
  prediction: planPrediction,
} satisfies Record<string, (definition: Definition, specs: BatchSpecs, watched: readonly Watched[]) => Plan>;

export type PlanKind = keyof typeof planners;

/** More kinds and batch shapes than this at a time, and the oldest Program is made again when it is wanted. */
const mostPlans = 32;

/** Makes the Programs of a model, one for each kind and batch shape, and runs them on a store's numbers. */
export class Runner {
  readonly #store: Store;
  readonly #ready = new Map<string, Ready>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** The Program for such samples, if it was made. */
  known(kind: PlanKind, samples: Samples, watched: readonly Watched[]): Ready | undefined {
    return this.#ready.get(this.#keyOf(kind, specsOf(samples), watched));
  }

  /** The Program for such samples, made when it is not there. */
  async prepare(
    kind: PlanKind,
    definition: Definition,
    samples: Samples,
    watched: readonly Watched[],
  ): Promise<Ready> {
    const specs = specsOf(samples);
    const key = this.#keyOf(kind, specs, watched);
    const known = this.#ready.get(key);
    if (known !== undefined) return known;
    const plan = planners[kind](definition, specs, watched);
    const { backend } = this.#store;
    const executable = await backend.compile(plan.program);
    const own = new Map<string, Buffer>();
    const bufferOf = (name: string): Buffer => {
      const spec = plan.specs.get(name) ?? { shape: [], dtype: definition.dtype };
      if (!planNames.isOfBatch(name)) return this.#store.hold(name, spec);
      const buffer = own.get(name) ?? backend.allocate(spec);
      own.set(name, buffer);
      return buffer;
    };
    const binding = executable.bind(plan.inputs.map(bufferOf), plan.outputs.map(bufferOf));
    const ready = { plan, own, binding };
    this.#ready.set(key, ready);
    const [oldest] = this.#ready.keys();
    if (this.#ready.size > mostPlans && oldest !== undefined) this.#release(oldest);
    return ready;
  }

  run({ binding, own }: Ready, samples: Samples, times = 1): void {
    for (const [name, { data }] of namedOf(samples)) {
      const buffer = own.get(name);
      if (buffer !== undefined) this.#store.backend.write(buffer, data);
    }
    binding.run(times);
  }

  /** Runs the Program apart, on the host, and names the first node that makes a NaN or infinity. @throws NonFiniteError */
  async refuseNonFinite({ plan }: Ready, samples: Samples, step: number): Promise<void> {
    const given = new Map<string, Tensor>([...(await this.#store.tensors()), ...namedOf(samples)]);
    const values = plan.inputs.flatMap((name) => given.get(name) ?? []);
    checkFinite(plan.program, plan.inputs, values, step);
  }

  releaseAll(): void {
    for (const key of [...this.#ready.keys()]) this.#release(key);
  }

  #release(key: string): void {
    for (const buffer of this.#ready.get(key)?.own.values() ?? []) this.#store.backend.free(buffer);
    this.#ready.delete(key);
  }

  /** Everything that a Program depends on, written out; metrics count by reference. */
  #keyOf(kind: PlanKind, specs: BatchSpecs, watched: readonly Watched[]): string {
    return JSON.stringify([kind, specs, watched.map(({ total }) => total)]);
  }
}

/** What a batch brings, under the names of a Program. */
function namedOf({ inputs, targets, weights }: Samples): (readonly [string, Tensor])[] {
  return [
    ...inputs.map((input, i) => [planNames.input(i), input] as const),
    ...targets.map((target, i) => [planNames.target(i), target] as const),
    ...(weights === undefined ? [] : [[planNames.weights, weights] as const]),
  ];
}

function specsOf({ inputs, targets, weights, batchSize }: Samples): BatchSpecs {
  const spec = ({ shape, dtype }: Tensor): TensorSpec => ({ shape, dtype });
  return {
    inputs: inputs.map(spec),
    targets: targets.map(spec),
    ...(weights && { weights: spec(weights) }),
    ...(batchSize !== undefined && { batchSize }),
  };
}
