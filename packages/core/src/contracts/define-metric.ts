import { unbroadcast } from '../derive/unbroadcast.ts';
import { DataError, OptionError } from '../errors.ts';
import type { Value } from '../graph/value.ts';
import { weigh } from '../math/algebra.ts';
import { mean } from '../math/statistics.ts';
import { mul } from '../ops/arithmetic.ts';
import { sum } from '../ops/broadcast-sum.ts';
import { cast } from '../ops/cast.ts';
import { stack } from '../ops/concatenate.ts';
import { fill } from '../ops/leaves.ts';
import { isFloat } from '../tensors/dtype.ts';
import { sizeOf } from '../tensors/shape.ts';
import type { Metric, MetricPlacement } from './metric.ts';

export interface MetricRules extends Pick<Metric, 'better' | 'check' | 'weighted'> {}

/**
 * A metric of one's own that is a mean over samples: `score` gives a number for each sample or component, or their mean. A weighted one is
 * sum w_i s_i / sum w_i, with s_i the mean over the components of sample i. Its formula must not broadcast prediction and target against
 * each other: that is a ShapeError.
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
      const own = unbroadcast(prediction, target, () => score(prediction, target, at));
      const scores = floating(own, prediction);
      const axis = at.layout === 'row' ? 0 : scores.shape.length - 1;
      const bySample = scores.shape[axis] === samples;
      if (weights === undefined) {
        const [total, count] = bySample
          ? [sum(scores), sizeOf(scores.shape)]
          : [mul(mean(scores), samples), samples];
        return stack([total, fill(count, [], scores.dtype)]);
      }
      if (!bySample)
        throw new OptionError({
          got: `weights of samples, and one score of all by the metric '${name}'`,
          expected: 'a score for each sample',
        });
      const each = mean(scores, { axis: scores.shape.flatMap((_, i) => (i === axis ? [] : [i])) });
      const counted = cast(weights, scores.dtype);
      return stack([sum(weigh(each, counted)), sum(counted)]);
    },
    summarize: ([total = 0, count = 0]) => {
      if (count === 0) throw noSamples(name);
      return total / count;
    },
  });
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
