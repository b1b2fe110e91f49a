import { checkOptions, DataError, OptionError } from '@pullback/core';
import type { Inputs, Targets } from '../definition/named-inputs.ts';
import { defaultResidentBytes, type FitOptions, type Named } from '../model-options.ts';
import { batchFields } from '../option-fields.ts';
import type { Watched } from '../programs/metric-sums.ts';
import type { Engine } from '../running/engine.ts';
import type { Runs } from '../running/runs.ts';
import type { Batch } from '../samples/batch.ts';
import { type Samples, splitSamples } from '../samples/samples.ts';
import { memorySource, type Source } from '../samples/sources.ts';
import { type BatchStream, isStream, streamSource } from '../samples/stream.ts';
import { IndexedSteps } from '../stepping/indexed-steps.ts';
import { Evaluation } from './evaluation.ts';

interface FitData {
  readonly source: Source;
  readonly validation: Evaluation | undefined;
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
  const given = validationData && now.samples(...validationData, ofClasses);
  const evaluationOf = (samples: Samples | undefined) => {
    if (samples === undefined) return undefined;
    now.checkTargets(samples, watched);
    const batchSize = Math.min(samples.count, options.batchSize ?? 256);
    return new Evaluation(engine, runs, samples, { watched, batchSize, residentBytes });
  };
  if (isStream(x)) {
    refuseOfMemory(options);
    const read = (batch: Batch) => {
      checkOptions('a batch of the stream', batch, batchFields);
      if (ofClasses && batch.classWeights !== undefined)
        throw new OptionError({ got: 'classWeights of both fit and a batch', expected: 'those of one' });
      const samples = now.samples(batch.x, batch.y, { ...batch, ...ofClasses });
      now.checkTargets(samples, watched, true);
      return samples;
    };
    const source = streamSource(x, { read, step, signal: options.signal });
    return { source, validation: evaluationOf(given) };
  }
  if (y === undefined) throw new DataError({ got: 'inputs without targets', expected: 'both' });
  const { seed, layout } = now.definition;
  const all = now.samples(x, y, options);
  const { training, validation } = given
    ? { training: all, validation: given }
    : splitSamples(all, validationSplit, layout);
  now.checkTargets(training, watched);
  const { count } = training;
  const batchSize = options.batchSize ?? Math.min(32, count);
  const shuffleSeed = shuffle ? seed : undefined;
  const steps = new IndexedSteps(engine, training, {
    kind: 'training',
    watched,
    residentBytes: resident ? residentBytes : -1,
    step,
  });
  return {
    source: memorySource(steps, { count, batchSize, shuffleSeed }),
    validation: evaluationOf(validation),
  };
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
