import { mean } from '../math/statistics.ts';
import { mul } from '../ops/arithmetic.ts';
import { stack } from '../ops/concatenate.ts';
import { fill } from '../ops/leaves.ts';
import type { Value } from '../value.ts';
import type { Placement } from './loss.ts';

/**
 * Something to watch while training. Each batch is counted inside the Program, counts are added up over batches there, and
 * only the sums are read: so a metric is exact over all samples whatever the batch size.
 */
export interface Metric {
  readonly name: string;
  /** What a batch adds: numbers that can be summed over batches, a vector. */
  observe(prediction: Value, target: Value, at: Placement): Value;
  /** The figure that the sums stand for. */
  summarize(sums: readonly number[]): number;
}

/** A metric of one's own that is a mean over samples: `score` gives a number for each sample or component, or their mean. */
export function defineMetric(
  name: string,
  score: (prediction: Value, target: Value, at: Placement) => Value,
): () => Metric {
  return () => ({
    name,
    observe: (prediction, target, at) => {
      const samples = prediction.shape.at(at.sampleAxis) ?? 1;
      const scores = mean(score(prediction, target, at));
      return stack([mul(scores, samples), fill(samples, [], scores.dtype)]);
    },
    summarize: ([total = 0, count = 0]) => total / count,
  });
}
