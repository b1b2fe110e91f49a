import {
  cast,
  concatenate,
  greater,
  type Metric,
  minimum,
  mul,
  reshape,
  scatterAdd,
  sizeOf,
  sub,
  type Value,
} from '@pullback/core';
import { float } from './targets.ts';

/**
 * The area under the receiver operating characteristic: how often a positive has a larger probability than a negative, ties
 * counting half. Probabilities are counted in `bins` equal bins of [0, 1], so that the sums of batches add up; exact when no bin
 * holds both a positive and a negative that differ.
 */
export function auc({ bins = 1024 }: { readonly bins?: number } = {}): Metric {
  return {
    name: 'AUC',
    observe: (prediction, target) => {
      const n = sizeOf(prediction.shape);
      const bin = minimum(cast(mul(reshape(prediction, [n]), bins), 'int32'), bins - 1);
      const positive = float(greater(reshape(target, [n]), 0.5));
      const histogram = (weight: Value) => scatterAdd(weight, bin, { size: bins });
      return concatenate([histogram(positive), histogram(sub(1, positive))]);
    },
    summarize: (sums) => {
      let [below, wins] = [0, 0];
      for (let i = 0; i < bins; i++) {
        const [positives, negatives] = [sums[i] ?? 0, sums[bins + i] ?? 0];
        wins += positives * (below + negatives / 2);
        below += negatives;
      }
      const positives = sums.slice(0, bins).reduce((a, b) => a + b, 0);
      return wins / (positives * below);
    },
  };
}
