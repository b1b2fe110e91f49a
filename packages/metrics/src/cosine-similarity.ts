import { checkOptions, defineMetric, div, equal, type Metric, mul, norm, select, sum } from '@pullback/core';
import { named, type WeightedOptions, weightedFields } from './options.ts';
import { sameAs } from './targets.ts';

/**
 * The mean over samples of the cosine of the angle between prediction and target along the class axis, sum x t / (|x| |t|); 0 where either
 * is 0. @throws ShapeError
 */
export function cosineSimilarity(options: WeightedOptions = {}): Metric {
  checkOptions("metric 'cosineSimilarity'", options, weightedFields);
  return defineMetric(
    named('cosine similarity', options),
    (x, target, { classAxis, ...at }) => {
      const t = sameAs(x, target, { classAxis, ...at });
      const along = { axis: classAxis, keepAxis: true };
      const lengths = mul(norm(x, along), norm(t, along));
      return div(sum(mul(x, t), along), select(equal(lengths, 0), 1, lengths));
    },
    { better: 'higher', ...options },
  )();
}
