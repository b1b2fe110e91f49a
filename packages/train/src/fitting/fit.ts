import type { Better } from '@pullback/core';
import type { Watched } from '../programs/metric-sums.ts';
import type { Engine } from '../running/engine.ts';
import { type Pause, type Runs, Tally } from '../running/runs.ts';
import type { Source } from '../samples/sources.ts';
import { Turns } from '../stepping/event-loop.ts';
import type { Callback, FitControl, FitModel } from './callbacks.ts';
import type { Validation } from './evaluation.ts';
import type { EpochRecord, ProgressReporter } from './progress.ts';

/** A model as a fit needs it. */
export interface Trainee {
  readonly model: Pick<FitControl, 'keep' | 'stepCount' | 'learningRate'> & FitModel;
  /** The counts of the fit. */
  readonly counts: Counts;
  /** As it is now: a callback may have moved the model. */
  engine(): Engine;
  readonly runs: Runs;
  readonly pause: Pause;
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
  readonly validation: Validation | undefined;
  readonly watched: readonly Watched[];
  readonly callbacks: readonly Callback[];
  readonly reporter: ProgressReporter;
  readonly signal: AbortSignal | undefined;
  /** The decision of the first of several ranks at the end of an epoch. */
  readonly decided: (stopped: boolean) => Promise<boolean>;
  /** Goes on in the epoch that the last fit did not end. */
  readonly resume: boolean;
}

/** Epochs of steps, many in a call where nobody looks at each; figures, callbacks and progress around them. */
export async function fitLoop(
  { model, counts, engine, runs, pause }: Trainee,
  plan: FitPlan,
): Promise<EpochRecord[]> {
  const { epochs, source, validation, watched, callbacks, reporter, signal, resume, decided } = plan;
  const history: EpochRecord[] = [];
  let stopped = false;
  const better = figuresOf(engine().better(watched), validation !== undefined);
  const controlOf = (epoch: number, figures: FitControl['figures']): FitControl => ({
    model,
    epoch,
    epochs,
    better,
    figures,
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
  const tell = async (
    hook: keyof Callback,
    call: (callback: Callback) => void | Promise<void> | undefined,
  ): Promise<void> => {
    const told = callbacks.filter((callback) => callback[hook] !== undefined);
    if (told.length > 0)
      await pause(async () => {
        for (const callback of told) await call(callback);
      });
  };
  const watchesSteps = callbacks.some(({ step }) => step !== undefined);
  for (let epoch = 1; epoch <= epochs && !stopped; epoch++) {
    const tally = new Tally();
    let samples = 0;
    const figuresSoFar = async () => engine().figuresSoFar(await runs.sums(tally), watched, samples);
    const control = controlOf(epoch, async () => (samples === 0 ? {} : figuresSoFar()));
    await tell('epochStart', (callback) => callback.epochStart?.(control));
    const started = performance.now();
    const progress = () => ({
      epoch,
      epochs,
      samples,
      total: source.count,
      seconds: (performance.now() - started) / 1000,
      straggler: engine().parted?.stragglers.found,
    });
    const done = resume && epoch === 1 ? counts.batches : 0;
    let batches = done;
    counts.batches = done;
    for await (const stretch of source.epoch(counts.epochs, done))
      for (let left = stretch.steps; left > 0; ) {
        signal?.throwIfAborted();
        const most = watchesSteps ? 1 : left;
        const ran = await runs.counted(tally, () => stretch.run(most));
        left -= ran;
        samples += ran * stretch.size;
        counts.steps += ran;
        batches += ran;
        counts.batches = batches;
        if (watchesSteps) await tell('step', (callback) => callback.step?.(control));
        if (!turns.due) continue;
        await reporter.batch(progress(), figuresSoFar);
        await turns.take();
      }
    counts.epochs++;
    counts.batches = 0;
    const record: Record<string, number> = { ...engine().figures(await runs.sums(tally), watched, samples) };
    if (validation !== undefined)
      for (const [name, value] of Object.entries(await validation.record()))
        record[`validation ${name}`] = value;
    history.push(record);
    reporter.epoch(progress(), record);
    await tell('epochEnd', (callback) => callback.epochEnd?.(record, control));
    stopped = await decided(stopped);
    signal?.throwIfAborted();
  }
  await tell('fitEnd', (callback) =>
    callback.fitEnd?.(
      history,
      controlOf(history.length, async () => history.at(-1) ?? {}),
    ),
  );
  return history;
}

/** Which figures a record of an epoch will have, and which of their values are better. */
function figuresOf(better: ReadonlyMap<string, Better | undefined>, validated: boolean) {
  const kinds = validated ? ['', 'validation '] : [''];
  return new Map(kinds.flatMap((kind) => [...better].map(([name, way]) => [`${kind}${name}`, way] as const)));
}
