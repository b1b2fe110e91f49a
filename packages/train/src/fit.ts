import { OptionError } from '@pullback/core';
import type { Callback, FitControl } from './callbacks.ts';
import type { Engine } from './engine.ts';
import type { Evaluation } from './evaluation.ts';
import type { EpochRecord, ProgressReporter } from './progress.ts';
import type { Source } from './source.ts';
import { Turns } from './turn.ts';
import type { Watched } from './watched.ts';

/** What a fit needs of a model. */
export interface Trainee {
  readonly model: Pick<FitControl, 'keep' | 'stepCount' | 'learningRate'>;
  /** What the fit counts. */
  readonly counts: Counts;
  /** As it is now: a callback may have moved the model. */
  engine(): Engine;
}

/** How far training is. */
export interface Counts {
  steps: number;
  epochs: number;
  /** Steps of the epoch that was not ended. */
  batches: number;
}

export interface FitPlan {
  readonly epochs: number;
  readonly source: Source;
  readonly validation: Evaluation | undefined;
  readonly watched: readonly Watched[];
  readonly callbacks: readonly Callback[];
  readonly reporter: ProgressReporter;
  readonly signal: AbortSignal | undefined;
  /** Goes on in the epoch that the last fit did not end. */
  readonly resume: boolean;
}

/** Epochs of steps, many in a call where nobody looks at each; figures, callbacks and progress around them. */
export async function fitLoop({ model, counts, engine }: Trainee, plan: FitPlan): Promise<EpochRecord[]> {
  const { epochs, source, validation, watched, callbacks, reporter, signal, resume } = plan;
  if (!Number.isInteger(epochs) || epochs < 0)
    throw new OptionError({ got: `${epochs} epochs`, expected: 'a whole number from 0 up' });
  const history: EpochRecord[] = [];
  let stopped = false;
  const controlOf = (epoch: number): FitControl => ({
    epoch,
    epochs,
    get stepCount() {
      return model.stepCount;
    },
    get learningRate() {
      return model.learningRate;
    },
    set learningRate(rate) {
      model.learningRate = rate;
    },
    stop: () => {
      stopped = true;
    },
    keep: () => model.keep(),
  });
  const turns = new Turns();
  const watchesSteps = callbacks.some(({ step }) => step !== undefined);
  for (let epoch = 1; epoch <= epochs && !stopped; epoch++) {
    const control = controlOf(epoch);
    for (const callback of callbacks) await callback.epochStart?.(control);
    const started = performance.now();
    const progress = (samples: number) => ({
      epoch,
      epochs,
      samples,
      total: source.count,
      seconds: (performance.now() - started) / 1000,
    });
    engine().clearTotals();
    const done = resume && epoch === 1 ? counts.batches : 0;
    counts.batches = done;
    let samples = 0;
    for await (const stretch of source.epoch(counts.epochs, done))
      for (let left = stretch.steps; left > 0; ) {
        signal?.throwIfAborted();
        const ran = await stretch.run(watchesSteps ? 1 : left);
        left -= ran;
        samples += ran * stretch.size;
        counts.steps += ran;
        counts.batches += ran;
        for (const callback of callbacks) await callback.step?.(control);
        if (!turns.due) continue;
        await reporter.batch(progress(samples), () => engine().totals(watched, samples));
        await turns.take();
      }
    counts.epochs++;
    counts.batches = 0;
    const record: Record<string, number> = { ...(await engine().totals(watched, samples)) };
    if (validation !== undefined)
      for (const [name, value] of Object.entries(await validation.record()))
        record[`validation ${name}`] = value;
    history.push(record);
    reporter.epoch(progress(samples), record);
    for (const callback of callbacks) await callback.epochEnd?.(record, control);
    signal?.throwIfAborted();
  }
  for (const callback of callbacks) await callback.fitEnd?.(history, controlOf(history.length));
  return history;
}
