import { OptionError } from '@pullback/core';
import { copied, type Samples, takenInTurn } from './data.ts';
import type { Engine } from './engine.ts';
import type { Batch, StepOptions } from './model-options.ts';
import { StepMemory } from './step-memory.ts';
import { StepQueue } from './step-queue.ts';

/** The steps that are asked for one by one: run at once where their Program is there, else in turn, when it is. */
export class Steps {
  readonly #queue = new StepQueue();
  readonly #memory = new StepMemory();
  readonly #atOnce: boolean;
  readonly #train: (samples: Samples, times: number) => Promise<void>;
  readonly #counts: { steps: number };

  /**
   * @param counts where they are counted.
   * @param train runs steps once their Program is there.
   * @param options.atOnce whether any may be run without it.
   */
  constructor(
    counts: { steps: number },
    train: (samples: Samples, times: number) => Promise<void>,
    { atOnce }: { readonly atOnce: boolean },
  ) {
    this.#counts = counts;
    this.#train = train;
    this.#atOnce = atOnce;
  }

  /**
   * Runs steps on a batch.
   * @throws DataError for samples that do not fit, OptionError
   */
  run(engine: Engine, batch: Batch, { times = 1, batchSize }: StepOptions): void {
    if (!Number.isInteger(times) || times < 1)
      throw new OptionError({ got: `${times} steps`, expected: 'a whole number from 1 up' });
    const atOnce = this.#atOnce && this.#queue.idle;
    if (atOnce && this.#memory.repeat(engine, batch, batchSize, times)) {
      this.#counts.steps += times;
      return;
    }
    const samples = takenInTurn(engine.samples(batch.x, batch.y, batch), batchSize);
    const ready = atOnce ? engine.runner.known('training', samples, []) : undefined;
    this.#counts.steps += times;
    if (ready !== undefined) {
      this.#memory.remember(engine, batch, batchSize, { samples, ready });
      engine.runner.run(ready, samples, times);
      return;
    }
    // What is run later is run on the numbers of now.
    const now = copied(samples);
    this.#queue.add(
      () => this.#train(now, times),
      () => {
        this.#counts.steps -= times;
      },
    );
  }

  /** Waits for all of them; throws, once, what went wrong in the first that failed. */
  settled(): Promise<void> {
    return this.#queue.settled();
  }

  /** Lets go of the last batch. */
  forget(): void {
    this.#memory.forget();
  }
}
