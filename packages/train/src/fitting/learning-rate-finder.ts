import { checkOptions, type FieldsOf, field, OptionError } from '@pullback/core';
import type { Model } from '../model.ts';
import type { Named } from '../model-options.ts';
import { batches, type PickedBatch, type SampleData } from '../samples/batches.ts';

export interface FinderOptions {
  /** The first rate; 1e-6 when left out. */
  readonly from?: number;
  /** The last rate; 10 when left out. */
  readonly to?: number;
  /** How many rates are tried, each for one step; 100 when left out. */
  readonly steps?: number;
  /** 32, or all samples when there are fewer. */
  readonly batchSize?: number;
  readonly seed?: number;
}

const finderFields = {
  from: field.number({ above: 0 }),
  to: field.number({ above: 0 }),
  steps: field.whole({ from: 3 }),
  batchSize: field.whole({ from: 1 }),
  seed: field.whole(),
} satisfies FieldsOf<FinderOptions>;

export interface FoundRate {
  /** The rate at which the smoothed loss falls fastest, per factor of the rate. */
  readonly learningRate: number;
  /** The rates that were tried, up to the one at which the loss left its range. */
  readonly tried: readonly { readonly learningRate: number; readonly loss: number }[];
}

/** How much of the past an average keeps, and at how many times the best loss there is nothing more to learn. */
const [memory, divergence] = [0.9, 4];

/**
 * Tries rates from small to large, each for one step on the next batch, and puts the model back as it was. Rates grow by an
 * equal factor; the loss is smoothed by an exponential average. Source: Smith 2017, Cyclical learning rates.
 * @throws OptionError for a range that is none.
 */
export async function findLearningRate<Name extends Named>(
  model: Model<Name>,
  data: SampleData,
  options: FinderOptions = {},
): Promise<FoundRate> {
  checkOptions('findLearningRate', options, finderFields);
  const { from = 1e-6, to = 10, steps = 100, batchSize, seed = 0 } = options;
  if (to <= from)
    throw new OptionError({ got: `rates from ${from} to ${to}`, expected: 'a larger last one' });
  const putBack = await model.keep();
  const tried: { learningRate: number; loss: number }[] = [];
  try {
    const stream = endless(data, batchSize, seed);
    let [average, best] = [0, Infinity];
    for (let i = 0; i < steps; i++) {
      const learningRate = from * (to / from) ** (i / (steps - 1));
      model.learningRate = learningRate;
      const { value: batch } = stream.next();
      const loss = await model.step(batch).loss.read();
      average = memory * average + (1 - memory) * loss;
      const smooth = average / (1 - memory ** (i + 1));
      if (!(smooth < divergence * best)) break;
      best = Math.min(best, smooth);
      tried.push({ learningRate, loss: smooth });
    }
  } finally {
    await putBack();
  }
  const falls = tried.slice(1).map(({ learningRate, loss }, i) => {
    const before = tried[i] ?? { learningRate, loss };
    return { learningRate, slope: (loss - before.loss) / Math.log(learningRate / before.learningRate) };
  });
  const steepest = falls.reduce((a, b) => (b.slope < a.slope ? b : a), { learningRate: from, slope: 0 });
  return { learningRate: steepest.learningRate, tried };
}

/** Batches again and again, each time in another order. */
function* endless(
  data: SampleData,
  batchSize: number | undefined,
  seed: number,
): Generator<PickedBatch, never> {
  for (let round = 0; ; round++)
    for (const batch of batches(data, { size: batchSize, shuffle: true, seed: seed + round })) yield batch;
}
