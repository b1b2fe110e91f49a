import { DataError, OptionError } from '@pullback/core';
import { type Inputs, type Samples, splitSamples, type Targets } from './data.ts';
import type { Engine } from './engine.ts';
import { Evaluation } from './evaluation.ts';
import { IndexedSteps } from './indexed-steps.ts';
import { defaultResidentBytes, type FitOptions } from './model-options.ts';
import { type BatchStream, isStream, memorySource, type Source, streamSource } from './source.ts';
import type { Watched } from './watched.ts';

interface FitData {
  readonly source: Source;
  readonly validation: Evaluation | undefined;
}

/** What a fit may do with a model and its batches. */
interface Training {
  engine(): Engine;
  readonly watched: readonly Watched[];
  /** Whether steps may be run on samples that lie on the backend. */
  readonly resident: boolean;
  /** One step on a batch from the host. */
  step(batch: Samples): Promise<void>;
}

/** Where a fit takes its steps from, and what it is validated on; all that can be checked is checked. */
export function fitData(
  { engine, watched, resident, step }: Training,
  x: Inputs | BatchStream,
  y: Targets | undefined,
  options: FitOptions<string>,
): FitData {
  const { validationData, validationSplit = 0, shuffle = true } = options;
  const residentBytes = checkedBytes(options.residentBytes);
  const now = engine();
  const given = validationData && now.samples(...validationData);
  const evaluationOf = (samples: Samples | undefined) => {
    if (samples === undefined) return undefined;
    const batchSize = Math.min(samples.count, options.batchSize ?? 256);
    return new Evaluation(engine, samples, { watched, batchSize, residentBytes });
  };
  if (isStream(x)) {
    const source = streamSource(x, (batch) => now.samples(batch.x, batch.y, batch), step);
    return { source, validation: evaluationOf(given) };
  }
  if (y === undefined) throw new DataError({ got: 'inputs without targets', expected: 'both' });
  const { seed, layout } = now.definition;
  const all = now.samples(x, y, options);
  const { training, validation } = given
    ? { training: all, validation: given }
    : splitSamples(all, validationSplit, layout);
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

/** @throws OptionError */
export function checkedBytes(bytes = defaultResidentBytes): number {
  if (!(bytes >= 0)) throw new OptionError({ got: `residentBytes ${bytes}`, expected: 'a number from 0 up' });
  return bytes;
}
