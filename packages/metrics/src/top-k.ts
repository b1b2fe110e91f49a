import {
  add,
  and,
  checkCall,
  defineMetric,
  equal,
  field,
  greater,
  iota,
  type Metric,
  max,
  OptionError,
  reshape,
  select,
  sum,
} from '@pullback/core';
import { float, whereKnown } from './counting.ts';
import { named, type WeightedOptions, weightedFields } from './options.ts';
import { checkClasses, classOf, outputsOf, rowsOf } from './targets.ts';

export const topKFields = { k: field.needed(field.whole({ from: 1 })), ...weightedFields };

/**
 * The share of samples whose labelled class is among the k largest outputs; of equal outputs the first counts as larger.
 * @throws ShapeError, OptionError for a k that is no number of classes, DataError for labels outside of the classes.
 */
export function topK(k: number, options: WeightedOptions = {}): Metric {
  checkCall("metric 'topK'", { k }, options, topKFields);
  return defineMetric(
    named(`top-${k} accuracy`, options),
    (prediction, target, at) => {
      const classes = outputsOf(prediction, at);
      if (k > classes)
        throw new OptionError({
          got: `the ${k} largest of ${classes} outputs`,
          expected: `at most ${classes}`,
        });
      const rows = rowsOf(prediction, at);
      const labels = classOf(prediction, target, at);
      const label = reshape(labels, [rows.shape[0] ?? 0, 1]);
      const places = iota(rows.shape, { axis: 1 });
      const score = sum(select(equal(places, label), rows, 0), { axis: 1, keepAxis: true });
      const before = and(equal(rows, score), greater(label, places));
      const above = sum(add(float(greater(rows, score), rows), float(before, rows)), { axis: 1 });
      const sure = whereKnown(float(greater(k, above), rows), max(rows, { axis: 1 }));
      return reshape(sure, labels.shape);
    },
    { better: 'higher', check: checkClasses, ...options },
  )();
}
