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

/** The log of the odds against a batch with more samples than it has room for: once in 10^14. */
const odds = 14 * Math.LN10;

/** The least m + t with exp(-t^2 / (2 (v + t / 3))) <= exp(-odds), for the mean m and the variance v of the binomial distribution. Source: Bernstein 1924. */
function roomFor(count: number, rate: number): number {
  const [mean, variance] = [count * rate, count * rate * (1 - rate)];
  return Math.min(count, Math.ceil(mean + odds / 3 + Math.sqrt((odds / 3) ** 2 + 2 * odds * variance)));
}

/**
 * Batches in which every sample is with the same probability, independently of others, as accountants of privacy suppose it; a stream for `fit`. All have one
 * size, since a step is compiled for it: places that are left over hold a sample of weight 0.
 * @throws DataError for data without samples, or with weights of their own; OptionError.
 */
export function sampledBatches<X extends Inputs, Y extends Inputs>(
  data: SampleData<X, Y>,
  options: SampledOptions,
): Iterable<PickedBatch<X, Y>>;
export function sampledBatches(data: SampleData, options: SampledOptions): Iterable<PickedBatch> {
  const given = checkOptions('sampledBatches', options, fields);
  const { rate, steps = Math.ceil(1 / rate), seed = secretSeed(), layout = 'row' } = given;
  if (data.sampleWeights !== undefined)
    throw new DataError({
      got: 'weights of samples',
      expected: 'none: they say which samples are in a batch',
    });
  const { count, pick } = picker(data, layout);
  if (count === 0) throw new DataError({ got: 'no samples', expected: 'at least one' });
  const size = roomFor(count, rate);
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
