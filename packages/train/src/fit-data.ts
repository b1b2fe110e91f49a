import { DataError } from '@pullback/core';
import { type Inputs, type Samples, splitSamples, type Targets } from './data.ts';
import type { Engine } from './engine.ts';
import type { FitOptions } from './model-options.ts';
import { type BatchStream, isStream, memorySource, type Source, streamSource } from './source.ts';

interface FitData {
  readonly source: Source;
  readonly validation: Samples | undefined;
}

/** Where a fit takes its batches from, and what it is validated on; all that can be checked is checked. */
export function fitData(
  engine: Engine,
  x: Inputs | BatchStream,
  y: Targets | undefined,
  options: FitOptions<string>,
): FitData {
  const { validationData, validationSplit = 0, shuffle = true } = options;
  const given = validationData && engine.samples(...validationData);
  if (isStream(x))
    return {
      source: streamSource(x, (batch) => engine.samples(batch.x, batch.y, batch)),
      validation: given,
    };
  if (y === undefined) throw new DataError({ got: 'inputs without targets', expected: 'both' });
  const { seed, layout } = engine.definition;
  const all = engine.samples(x, y, options);
  const { training, validation } = given
    ? { training: all, validation: given }
    : splitSamples(all, validationSplit, layout);
  const batchSize = options.batchSize ?? Math.min(32, training.count);
  const shuffleSeed = shuffle ? seed : undefined;
  return { source: memorySource(training, { batchSize, shuffleSeed, layout }), validation };
}
