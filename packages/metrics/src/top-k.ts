import {
  add,
  and,
  defineMetric,
  equal,
  greater,
  iota,
  type Metric,
  reshape,
  select,
  sum,
  transpose,
} from '@pullback/core';
import { classOf, float } from './targets.ts';

/** The share of samples whose labelled class is among the k largest outputs; of equal outputs the first counts as larger. */
export function topK(k: number): Metric {
  return defineMetric(`top-${k} accuracy`, (prediction, target, at) => {
    const rows = at.layout === 'row' ? prediction : transpose(prediction);
    const [n = 0, classes = 0] = rows.shape;
    const labels = reshape(classOf(target, at), [n, 1]);
    const places = iota([n, classes], { axis: 1 });
    const score = sum(select(equal(places, labels), rows, 0), { axis: 1, keepAxis: true });
    const before = and(equal(rows, score), greater(labels, places));
    const above = add(float(greater(rows, score)), float(before));
    return float(greater(k, sum(above, { axis: 1 })));
  })();
}
