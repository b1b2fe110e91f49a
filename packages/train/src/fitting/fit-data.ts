import { checkOptions, DataError, OptionError, within } from '@pullback/core';
import type { Inputs, Targets } from '../definition/named-inputs.ts';
import { defaultResidentBytes, type EvaluateOptions, type FitOptions, type Named } from '../model-options.ts';
import { batchFields } from '../option-fields.ts';
import type { Watched } from '../programs/metric-sums.ts';
import type { Engine } from '../running/engine.ts';
import type { Runs } from '../running/runs.ts';
import type { Batch } from '../samples/batch.ts';
import { type Samples, splitSamples } from '../samples/samples.ts';
import { memorySource, type Source } from '../samples/sources.ts';
import {
  type BatchStream,
  batchOf,
  isBatch,
  isStream,
  type StreamedBatch,
  streamSource,
} from '../samples/stream.ts';
import { IndexedSteps } from '../stepping/indexed-steps.ts';
import { Evaluation, StreamEvaluation, type Validation } from './evaluation.ts';

interface FitData {
  readonly source: Source;
  readonly validation: Validation | undefined;
}

/** The operations of a model that a fit uses. */
interface Training {
  engine(): Engine;
  readonly runs: Runs;
  readonly watched: readonly Watched[];
  /** Whether steps may be run on samples that lie on the backend. */
  readonly resident: boolean;
  /** One step on a batch from the host. */
  step(batch: Samples): Promise<void>;
}

/** Where a fit takes its steps from, and what it is validated on; all that can be checked is checked. */
export function fitData(
  { engine, runs, watched, resident, step }: Training,
  x: Inputs | BatchStream,
  y: Targets | undefined,
  options: FitOptions<Named>,
): FitData {
  const { validationData, validationSplit = 0, shuffle = true, classWeights } = options;
  const { residentBytes = defaultResidentBytes } = options;
  if (validationData && validationSplit > 0)
    throw new OptionError({ got: 'validationData and a validationSplit', expected: 'one of them' });
  const now = engine();
  const read = readerOf(now, watched, classWeights);
  const evaluationOf = (samples: Samples): Evaluation => {
    now.checkTargets(samples, watched);
    const batchSize = Math.min(samples.count, options.batchSize ?? 256);
    return new Evaluation(engine, runs, samples, { watched, batchSize, residentBytes });
  };
  const { signal } = options;
  const given =
    validationData &&
    within('validationData', () =>
      isStream(validationData) && !isPair(validationData)
        ? new StreamEvaluation(engine, runs, validationData, { watched, read, signal })
        : evaluationOf(samplesOf(now, batchOf(validationData), 'validationData', classWeights)),
    );
  if (isStream(x)) {
    refuseOfMemory(options);
    return { source: streamSource(x, { read, step, signal }), validation: given };
  }
  if (y === undefined) throw new DataError({ got: 'inputs without targets', expected: 'both' });
  const { seed, layout } = now.definition;
  const all = now.samples(x, y, options);
  const { training, validation } = splitSamples(all, validationSplit, layout);
  now.checkTargets(training, watched);
  const { count } = training;
  const batchSize = Math.min(options.batchSize ?? 32, count);
  const shuffleSeed = shuffle ? seed : undefined;
  const steps = new IndexedSteps(engine, training, {
    kind: 'training',
    watched,
    residentBytes: resident ? residentBytes : -1,
    step,
  });
  return {
    source: memorySource(steps, { count, batchSize, shuffleSeed }),
    validation: given ?? (validation && evaluationOf(validation)),
  };
}

/** The loss and metrics over samples in memory, or over the batches of a stream; all that can be checked is checked. */
export function evaluationData(
  { engine, runs, watched }: Pick<Training, 'engine' | 'runs' | 'watched'>,
  x: Inputs | BatchStream,
  y: Targets | undefined,
  options: EvaluateOptions<Named>,
): Validation {
  const now = engine();
  if (isStream(x)) {
    refuseOfMemory(options);
    const read = readerOf(now, watched, options.classWeights);
    return new StreamEvaluation(engine, runs, x, { watched, read, signal: undefined });
  }
  if (y === undefined) throw new DataError({ got: 'inputs without targets', expected: 'both' });
  const samples = now.samples(x, y, options);
  const { batchSize = Math.min(256, samples.count), residentBytes = defaultResidentBytes } = options;
  now.checkTargets(samples, watched);
  return new Evaluation(engine, runs, samples, { watched, batchSize, residentBytes });
}

type ClassWeights = Batch['classWeights'];

function samplesOf(now: Engine, batch: Batch, what: string, classWeights: ClassWeights): Samples {
  checkOptions(what, batch, batchFields);
  if (classWeights && batch.classWeights !== undefined)
    throw new OptionError({ got: 'classWeights of both fit and a batch', expected: 'those of one' });
  return now.samples(batch.x, batch.y, { ...batch, ...(classWeights && { classWeights }) });
}

/** Reads the batches of a stream. */
function readerOf(now: Engine, watched: readonly Watched[], classWeights: ClassWeights) {
  return (batch: Batch): Samples => {
    const samples = samplesOf(now, batch, 'a batch of the stream', classWeights);
    now.checkTargets(samples, watched, true);
    return samples;
  };
}

/** Whether an array is inputs and targets, whatever the inputs are called. */
function isPair(given: BatchStream | StreamedBatch): given is readonly [Inputs, Targets] {
  return Array.isArray(given) && given.length === 2 && !isBatch(given[1]);
}

/** Refuses what fit does with samples in memory, and cannot do with those of a stream. @throws OptionError */
function refuseOfMemory(options: Omit<FitOptions<Named>, 'metrics'>): void {
  const { validationSplit = 0, shuffle = false, sampleWeights, batchSize, validationData } = options;
  const refused = [
    [validationSplit > 0, 'validationSplit', 'validationData holds samples to validate on.'],
    [shuffle, 'shuffle', 'The stream decides on the order of its samples.'],
    [sampleWeights !== undefined, 'sampleWeights', 'Each batch brings its own: { x, y, sampleWeights }.'],
    [
      batchSize !== undefined && !validationData,
      'batchSize',
      'The stream decides on the size of its batches.',
    ],
  ] as const;
  for (const [given, name, hint] of refused)
    if (given) throw new OptionError({ got: `${name} beside a stream`, expected: 'samples in memory', hint });
}
