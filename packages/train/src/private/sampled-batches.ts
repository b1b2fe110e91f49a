import { checkOptions, DataError, type FieldsOf, field, type Layout, RandomStream } from '@pullback/core';
import type { Inputs } from '../definition/named-inputs.ts';
import { type PickedBatch, picker, type SampleData } from '../samples/batches.ts';
import { secretSeed } from './secret-seed.ts';

export interface SampledOptions {
  /** The probability with which a sample is in a batch, independently of all others. */
  readonly rate: number;
  /** How many batches an epoch has; 1 / rate, rounded up, when left out. */
  readonly steps?: number;
  /** From the system's random numbers when left out. Where privacy counts nobody else may know it. */
  readonly seed?: number;
  /** Whether samples are rows or columns; rows when left out. */
  readonly layout?: Layout;
}

const fields = {
  rate: field.needed(field.number({ above: 0, to: 1 })),
  steps: field.whole({ from: 1 }),
  seed: field.whole(),
  layout: field.oneOf('row', 'column'),
} satisfies FieldsOf<SampledOptions>;

/** Standard deviations that a batch has room for beyond its expected size: more come once in 10^14 batches. */
const room = 8;

/**
 * Batches in which every sample is with the same probability, independently of others, as accountants of privacy suppose it; a stream for `fit`. All have one
 * size, since a step is compiled for it: places that are left over hold a sample of weight 0.
 * @throws DataError for data without samples, or with weights of their own.
 */
export function sampledBatches<X extends Inputs, Y extends Inputs>(
  data: SampleData<X, Y>,
  options: SampledOptions,
): Iterable<PickedBatch<X, Y>>;
export function sampledBatches(data: SampleData, options: SampledOptions): Iterable<PickedBatch> {
  const { rate, steps = Math.ceil(1 / rate), seed = secretSeed(), layout = 'row' } = options;
  checkOptions('sampledBatches', options, fields);
  if (data.sampleWeights !== undefined)
    throw new DataError({
      got: 'weights of samples',
      expected: 'none: they say which samples are in a batch',
    });
  const { count, pick } = picker(data, layout);
  if (count === 0) throw new DataError({ got: 'no samples', expected: 'at least one' });
  const spread = Math.sqrt(count * rate * (1 - rate));
  const size = Math.min(count, Math.ceil(count * rate + room * spread));
  let drawn = 0;
  return {
    *[Symbol.iterator]() {
      for (let step = 0; step < steps; step++) {
        const draw = RandomStream.of(seed, `batch/${drawn++}`);
        const chosen: number[] = [];
        for (let i = 0; i < count; i++) if (draw.uniform() < rate) chosen.push(i);
        const rows = new Int32Array(size);
        rows.set(chosen.slice(0, size));
        const weights = Float32Array.from(rows, (_, i) => (i < chosen.length ? 1 : 0));
        yield { ...pick(rows), sampleWeights: { shape: [size], dtype: 'float32', data: weights } };
      }
    },
  };
}
