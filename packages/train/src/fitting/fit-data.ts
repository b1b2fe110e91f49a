import { checkOptions, DataError, OptionError, within } from '@pullback/core';
import type { Inputs, Targets } from '../definition/named-inputs.ts';
import { defaultResidentBytes, type FitOptions, type Named } from '../model-options.ts';
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
  const ofClasses = classWeights && { classWeights };
  const samplesOf = (batch: Batch, what: string): Samples => {
    checkOptions(what, batch, batchFields);
    if (ofClasses && batch.classWeights !== undefined)
      throw new OptionError({ got: 'classWeights of both fit and a batch', expected: 'those of one' });
    return now.samples(batch.x, batch.y, { ...batch, ...ofClasses });
  };
  const read = (batch: Batch): Samples => {
    const samples = samplesOf(batch, 'a batch of the stream');
    now.checkTargets(samples, watched, true);
    return samples;
  };
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
        : evaluationOf(samplesOf(batchOf(validationData), 'validationData')),
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

/** Whether an array is inputs and targets, whatever the inputs are called. */
function isPair(given: BatchStream | StreamedBatch): given is readonly [Inputs, Targets] {
  return Array.isArray(given) && given.length === 2 && !isBatch(given[1]);
}

/** Refuses what fit does with samples in memory, and cannot do with those of a stream. @throws OptionError */
function refuseOfMemory(options: FitOptions<Named>): void {
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
