import { isFloat } from '../dtype.ts';
import { DataError, OptionError } from '../errors.ts';
import { mean } from '../math/statistics.ts';
import { mul } from '../ops/arithmetic.ts';
import { sum } from '../ops/broadcast-sum.ts';
import { cast } from '../ops/cast.ts';
import { equal } from '../ops/comparisons.ts';
import { stack } from '../ops/concatenate.ts';
import { fill } from '../ops/leaves.ts';
import { select } from '../ops/select.ts';
import { sizeOf } from '../shape.ts';
import type { Value } from '../value.ts';
import type { Metric, MetricPlacement } from './metric.ts';

export interface MetricRules extends Pick<Metric, 'better' | 'check' | 'weighted'> {}

/**
 * A metric of one's own that is a mean over samples: `score` gives a number for each sample or component, or their mean. A weighted one is
 * sum w_i s_i / sum w_i, with s_i the mean over the components of sample i.
 */
export function defineMetric(
  name: string,
  score: (prediction: Value, target: Value, at: MetricPlacement) => Value,
  rules: MetricRules = {},
): () => Metric {
  return () => ({
    ...rules,
    name,
    observe: (prediction, target, at, weights) => {
      const samples = prediction.shape.at(at.sampleAxis) ?? 1;
      const scores = floating(score(prediction, target, at), prediction);
      const axis = at.layout === 'row' ? 0 : scores.shape.length - 1;
      const each = scores.shape[axis] === samples;
      if (weights === undefined) {
        const [total, count] = each
          ? [sum(scores), sizeOf(scores.shape)]
          : [mul(mean(scores), samples), samples];
        return stack([total, fill(count, [], scores.dtype)]);
      }
      if (!each)
        throw new OptionError({
          got: `weights of samples, and one score of all by the metric '${name}'`,
          expected: 'a score for each sample',
        });
      const own = mean(scores, { axis: scores.shape.flatMap((_, i) => (i === axis ? [] : [i])) });
      const counted = cast(weights, scores.dtype);
      return stack([sum(weighed(own, counted)), sum(counted)]);
    },
    summarize: ([total = 0, count = 0]) => {
      if (count === 0) throw noSamples(name);
      return total / count;
    },
  });
}

/** x_i w_i, and 0 where a weight is 0, whatever stands there. */
export function weighed(x: Value, weights: Value): Value {
  return select(equal(weights, 0), 0, mul(x, weights));
}

/** The error of a figure that stands for no samples, or for samples whose weights are all 0. */
export function noSamples(name: string): DataError {
  return new DataError({
    got: `the ${name} of no samples`,
    expected: 'at least one, with a weight above 0',
  });
}

function floating(scores: Value, { dtype }: Value): Value {
  return isFloat(scores.dtype) ? scores : cast(scores, isFloat(dtype) ? dtype : 'float32');
}
