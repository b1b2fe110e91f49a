import { checkBatchSize, type Samples } from './data.ts';
import type { Engine } from './engine.ts';
import { IndexedSteps } from './indexed-steps.ts';
import type { EpochRecord } from './progress.ts';
import { stretches } from './source.ts';
import { Turns } from './turn.ts';
import type { Watched } from './watched.ts';

export interface EvaluationOptions {
  readonly watched: readonly Watched[];
  readonly batchSize: number;
  readonly residentBytes: number;
}

/** The loss and the metrics over all of some samples, as often as they are asked for. */
export class Evaluation {
  readonly #engine: () => Engine;
  readonly #count: number;
  readonly #options: EvaluationOptions;
  readonly #steps: IndexedSteps;

  constructor(engine: () => Engine, samples: Samples, options: EvaluationOptions) {
    checkBatchSize(Math.min(options.batchSize, samples.count), samples.count);
    const { watched, residentBytes } = options;
    this.#engine = engine;
    this.#count = samples.count;
    this.#options = options;
    this.#steps = new IndexedSteps(engine, samples, {
      kind: 'evaluation',
      watched,
      residentBytes,
      step: async (batch) => {
        const now = engine();
        now.runner.run(await now.prepare('evaluation', batch, watched), batch);
      },
    });
  }

  async record(): Promise<EpochRecord> {
    const { batchSize, watched } = this.#options;
    const turns = new Turns();
    this.#engine().clearTotals();
    for (const stretch of stretches(this.#steps, { count: this.#count, batchSize }))
      for (let left = stretch.steps; left > 0; ) {
        left -= await stretch.run(left);
        if (turns.due) await turns.take();
      }
    return this.#engine().totals(watched, this.#count);
  }

  /** Gives back what lies on the backend. */
  close(): void {
    this.#steps.close();
  }
}
