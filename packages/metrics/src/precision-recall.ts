import { and, greater, type Metric, not, stack, sum, type Value } from '@pullback/core';
import { float } from './targets.ts';

const count = (holds: Value) => sum(float(holds));

export interface ThresholdOptions {
  /** From where on an output counts as positive: 0.5 for probabilities, 0 for logits. */
  readonly threshold?: number;
}

/** True positives, false positives and false negatives of every output, as sums. */
function confusions(
  name: string,
  { threshold = 0.5 }: ThresholdOptions,
  summarize: Metric['summarize'],
): Metric {
  return {
    name,
    observe: (prediction, target) => {
      const [said, is] = [greater(prediction, threshold), greater(target, 0.5)];
      return stack([count(and(said, is)), count(and(said, not(is))), count(and(not(said), is))]);
    },
    summarize,
  };
}

/** Of what was said to be positive, the share that is: tp / (tp + fp). NaN when nothing was. */
export function precision(options: ThresholdOptions = {}): Metric {
  return confusions('precision', options, ([tp = 0, fp = 0]) => tp / (tp + fp));
}

/** Of what is positive, the share that was said to be: tp / (tp + fn). NaN when nothing is. */
export function recall(options: ThresholdOptions = {}): Metric {
  return confusions('recall', options, ([tp = 0, , fn = 0]) => tp / (tp + fn));
}

/** The harmonic mean of precision and recall: 2 tp / (2 tp + fp + fn). */
export function f1(options: ThresholdOptions = {}): Metric {
  return confusions('F1', options, ([tp = 0, fp = 0, fn = 0]) => (2 * tp) / (2 * tp + fp + fn));
}
