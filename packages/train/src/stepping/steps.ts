import { checkOptions, field } from '@pullback/core';
import type { StepOptions } from '../model-options.ts';
import { batchFields, stepFields } from '../option-fields.ts';
import type { Engine } from '../running/engine.ts';
import type { Runs } from '../running/runs.ts';
import type { Batch } from '../samples/batch.ts';
import { copied, type Samples, takenInTurn } from '../samples/samples.ts';
import { StepMemory } from './step-memory.ts';

/** The steps that are asked for one by one: run at once where their Program is there and nothing goes on, else in turn. */
export class Steps {
  readonly #memory = new StepMemory();
  readonly #runs: Runs;
  readonly #atOnce: boolean;
  readonly #train: (samples: Samples, times: number) => Promise<void>;
  readonly #counts: { steps: number };
  #waiting = 0;
  #failure: unknown;

  /**
   * @param counts where they are counted when they are run.
   * @param train runs steps once their Program is there.
   * @param options.atOnce whether any may be run without it.
   */
  constructor(
    counts: { steps: number },
    runs: Runs,
    train: (samples: Samples, times: number) => Promise<void>,
    { atOnce }: { readonly atOnce: boolean },
  ) {
    this.#counts = counts;
    this.#runs = runs;
    this.#train = train;
    this.#atOnce = atOnce;
  }

  /**
   * Runs steps on a batch.
   * @throws DataError for samples that do not fit, OptionError
   */
  run(engine: Engine, batch: Batch, options: StepOptions): void {
    if (!field.isPlain(batch)) checkOptions('a batch', batch, batchFields);
    checkOptions('step', options, stepFields);
    const { times = 1, batchSize } = options;
    const atOnce = this.#atOnce && this.#runs.idle;
    if (atOnce && this.#memory.repeat(engine, batch, batchSize, times)) {
      this.#counts.steps += times;
      return;
    }
    checkOptions('a batch', batch, batchFields);
    const samples = takenInTurn(engine.samples(batch.x, batch.y, batch), batchSize);
    const ready = atOnce ? engine.runner.known('training', samples, undefined) : undefined;
    if (ready !== undefined) {
      this.#counts.steps += times;
      this.#memory.remember(engine, batch, batchSize, { samples, ready });
      engine.runner.run(ready, samples, times);
      return;
    }
    // A step that runs later runs on the numbers of now.
    const now = copied(samples);
    this.#waiting += times;
    void this.#runs.alone(async () => {
      try {
        await this.#train(now, times);
        this.#counts.steps += times;
      } catch (failure) {
        this.#failure ??= failure;
      } finally {
        this.#waiting -= times;
      }
    });
  }

  /** How many were asked for and not run yet. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Waits for all of them; throws, once, what went wrong in the first that failed. */
  async settled(): Promise<void> {
    await this.#runs.alone(async () => this.refuseFailed());
  }

  /** Throws, once, what went wrong in the first step that failed. */
  refuseFailed(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  /** Lets go of the last batch. */
  forget(): void {
    this.#memory.forget();
  }
}
