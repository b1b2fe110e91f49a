import type { Watched } from '../programs/metric-sums.ts';
import type { Engine } from '../running/engine.ts';
import { type Runs, Tally } from '../running/runs.ts';
import { checkBatchSize, type Samples } from '../samples/samples.ts';
import { type Source, stretches } from '../samples/sources.ts';
import { type BatchStream, type StreamOptions, streamSource } from '../samples/stream.ts';
import { Turns } from '../stepping/event-loop.ts';
import { IndexedSteps } from '../stepping/indexed-steps.ts';
import type { EpochRecord } from './progress.ts';

export interface EvaluationOptions {
  readonly watched: readonly Watched[];
  readonly batchSize: number;
  readonly residentBytes: number;
}

/** The loss and the metrics over the same samples, as often as they are asked for. */
export interface Validation {
  /** Trains nothing, and nothing is trained meanwhile: the figures are those of one set of weights. */
  record(): Promise<EpochRecord>;
  /** Gives back what lies on the backend. */
  close(): void;
}

/** Over samples in memory. */
export class Evaluation implements Validation {
  readonly #engine: () => Engine;
  readonly #runs: Runs;
  readonly #count: number;
  readonly #options: EvaluationOptions;
  readonly #steps: IndexedSteps;

  constructor(engine: () => Engine, runs: Runs, samples: Samples, options: EvaluationOptions) {
    checkBatchSize(Math.min(options.batchSize, samples.count), samples.count);
    const { watched, residentBytes } = options;
    this.#engine = engine;
    this.#runs = runs;
    this.#count = samples.count;
    this.#options = options;
    this.#steps = new IndexedSteps(engine, samples, {
      kind: 'evaluation',
      watched,
      residentBytes,
      step: (batch) => engine().runOn('evaluation', batch, watched),
    });
  }

  async record(): Promise<EpochRecord> {
    const { batchSize, watched } = this.#options;
    const tally = new Tally();
    await this.#runs.counted(tally, async () => {
      const turns = new Turns();
      for (const stretch of stretches(this.#steps, { count: this.#count, batchSize }))
        for (let left = stretch.steps; left > 0; ) {
          left -= await stretch.run(left);
          if (turns.due) await turns.take();
        }
    });
    return this.#engine().figures(await this.#runs.sums(tally), watched, this.#count);
  }

  close(): void {
    this.#steps.close();
  }
}

/** Over the batches of a stream, which is gone through once for each record. */
export class StreamEvaluation implements Validation {
  readonly #engine: () => Engine;
  readonly #runs: Runs;
  readonly #watched: readonly Watched[];
  readonly #source: Source;
  #records = 0;

  constructor(
    engine: () => Engine,
    runs: Runs,
    stream: BatchStream,
    { watched, ...reading }: { readonly watched: readonly Watched[] } & Omit<StreamOptions, 'step'>,
  ) {
    this.#engine = engine;
    this.#runs = runs;
    this.#watched = watched;
    this.#source = streamSource(stream, {
      ...reading,
      step: (batch) => engine().runOn('evaluation', batch, watched),
    });
  }

  async record(): Promise<EpochRecord> {
    const tally = new Tally();
    let count = 0;
    await this.#runs.counted(tally, async () => {
      const turns = new Turns();
      for await (const stretch of this.#source.epoch(this.#records++, 0)) {
        await stretch.run(1);
        count += stretch.size;
        if (turns.due) await turns.take();
      }
    });
    return this.#engine().figures(await this.#runs.sums(tally), this.#watched, count);
  }

  close(): void {
    this.#source.close();
  }
}
