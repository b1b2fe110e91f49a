import {
  type Backend,
  checkLearningRate,
  DisposedError,
  type FloatDType,
  OptionError,
  type Reducer,
} from '@pullback/core';
import type { Definition } from '../definition/definition.ts';
import type { Standing } from '../distributed/agreement.ts';
import { Together } from '../distributed/together.ts';
import type { Counts } from '../fitting/fit.ts';
import type { Watched } from '../programs/metric-sums.ts';
import { shared } from '../programs/names.ts';
import type { Samples } from '../samples/samples.ts';
import { Steps } from '../stepping/steps.ts';
import { Engine } from './engine.ts';
import { Runs } from './runs.ts';

export interface TrainerOptions {
  readonly backend: Backend;
  readonly reducer?: Reducer | undefined;
  /** Whether each step is examined for NaN and infinities. */
  readonly checkFinite?: boolean | undefined;
}

/** The numbers of a model with all that changes them: an engine, which moves where the model does, counts, and the order of steps and runs. */
export class Trainer {
  readonly counts: Counts = { steps: 0, epochs: 0, batches: 0 };
  readonly runs = new Runs(() => this.engine.store);
  readonly steps: Steps;
  readonly together: Together;
  readonly checkFinite: boolean;
  #held: Engine;
  #learningRate: number;
  #disposed = false;

  constructor(definition: Definition, { backend, reducer, checkFinite = false }: TrainerOptions) {
    this.checkFinite = checkFinite;
    const train = (samples: Samples, times: number) => this.train(samples, undefined, times);
    this.steps = new Steps(this.counts, this.runs, train, {
      atOnce: !checkFinite && reducer === undefined,
    });
    this.together = new Together(reducer, this.counts, this);
    this.#learningRate = definition.optimizer.learningRate;
    this.#held = Engine.create(definition, backend, reducer);
  }

  /** The engine, of a model that was disposed as well. */
  get held(): Engine {
    return this.#held;
  }

  /** @throws DisposedError */
  get engine(): Engine {
    this.#refuseDisposed();
    return this.#held;
  }

  get learningRate(): number {
    return this.#learningRate;
  }
  set learningRate(rate: number) {
    checkLearningRate('the model', rate);
    this.#learningRate = rate;
    this.#held.store.write(shared.learningRate, Float64Array.of(rate));
  }

  get standing(): Standing {
    return { ...this.counts, learningRate: this.#learningRate };
  }

  /** Goes on from there: the store has its learning rate already. */
  standAt({ steps, epochs, batches, learningRate }: Standing): void {
    Object.assign(this.counts, { steps, epochs, batches });
    this.#learningRate = learningRate;
  }

  /** Does something with all numbers as they are between two steps: what else wants to change them waits. */
  async alone<T>(work: (engine: Engine) => Promise<T>): Promise<T> {
    this.#refuseDisposed();
    return this.runs.alone(() => {
      this.steps.refuseFailed();
      return work(this.engine);
    });
  }

  /** The loss of a step, while no other one followed it. */
  readLoss(step: number): Promise<number> {
    return this.alone(async ({ store }) => {
      if (step !== this.counts.steps)
        throw new OptionError({
          got: `the loss of step ${step}, asked for after step ${this.counts.steps}`,
          expected: 'to be read before the next step',
        });
      return (await store.read('loss'))[0] ?? Number.NaN;
    });
  }

  async train(samples: Samples, watched: readonly Watched[] | undefined, times: number): Promise<void> {
    const { engine, checkFinite } = this;
    await this.together.agree(engine.store, false);
    const { steps } = this.counts;
    await engine.runOn('training', samples, watched, { times, steps, checkFinite });
  }

  /** Moves all numbers to another backend or float dtype. When it fails, they stay where they were. */
  async moveTo(backend: Backend, dtype: FloatDType): Promise<void> {
    return this.alone(async (engine) => {
      const moved = await engine.store.copyTo(backend, dtype);
      this.#held = new Engine({ ...engine.definition, dtype }, moved, engine.reducer);
      engine.release();
      this.steps.forget();
    });
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#held.release();
    this.steps.forget();
    this.#disposed = true;
  }

  #refuseDisposed(): void {
    if (this.#disposed)
      throw new DisposedError({ got: 'a model that was disposed', expected: 'a living one' });
  }
}
