import { constant, evaluate, type Metric, placementOf, ShapeError, type TensorLike } from '@pullback/core';
import {
  accuracy,
  auc,
  binaryAccuracy,
  confusionMatrix,
  f1,
  meanAbsoluteDistance,
  meanSquaredDistance,
  precision,
  r2,
  recall,
  rootMeanSquaredDistance,
  topK,
} from '@pullback/metrics';
import { describe, expect, test } from 'vitest';

/** The figure over several batches, each given as [prediction, target]. */
function over(
  metric: Metric,
  batches: readonly [TensorLike, TensorLike][],
  layout: 'row' | 'column' = 'row',
): number {
  const sums: number[] = [];
  for (const [prediction, target] of batches) {
    const labels = target instanceof Int32Array;
    const t = constant(target, labels ? {} : { dtype: 'float64' });
    const observed = metric.observe(constant(prediction, { dtype: 'float64' }), t, placementOf(layout));
    evaluate(observed).data.forEach((x, i) => {
      sums[i] = (sums[i] ?? 0) + x;
    });
  }
  return metric.summarize(sums);
}

const P = [
  [0.1, 0.7, 0.2],
  [0.5, 0.3, 0.2],
  [0.2, 0.2, 0.6],
  [0.4, 0.35, 0.25],
];
const labels = Int32Array.of(1, 1, 2, 2);

describe('accuracy', () => {
  test('of labels, of one-hot targets and in columns: 2 of 4', () => {
    const hot = [
      [0, 1, 0],
      [0, 1, 0],
      [0, 0, 1],
      [0, 0, 1],
    ];
    const flip = (rows: number[][]) => rows[0]?.map((_, j) => rows.map((row) => row[j] ?? 0)) ?? [];
    expect(over(accuracy(), [[P, labels]])).toBe(0.5);
    expect(over(accuracy(), [[P, hot]])).toBe(0.5);
    expect(over(accuracy(), [[flip(P), labels]], 'column')).toBe(0.5);
  });
  test('does not depend on how samples fall into batches', () => {
    expect(
      over(accuracy(), [
        [P.slice(0, 3), labels.slice(0, 3)],
        [P.slice(3), labels.slice(3)],
      ]),
    ).toBe(0.5);
  });
  test('of a single output: by the side of 1/2, or of 0 for logits', () => {
    expect(
      over(accuracy(), [
        [
          [[0.2], [0.8], [0.6]],
          [[0], [1], [0]],
        ],
      ]),
    ).toBeCloseTo(2 / 3, 6);
    expect(
      over(binaryAccuracy({ threshold: 0 }), [
        [
          [[-1], [2], [0.3]],
          [[0], [1], [1]],
        ],
      ]),
    ).toBe(1);
  });
  test('top-k: the labelled class is among the k largest', () => {
    expect([1, 2, 3].map((k) => over(topK(k), [[P, labels]]))).toEqual([0.5, 0.75, 1]);
    expect(over(topK(1), [[[[0.5, 0.5]], Int32Array.of(1)]])).toBe(0);
    expect(over(topK(1), [[[[0.5, 0.5]], Int32Array.of(0)]])).toBe(1);
  });
});

test('precision, recall and F1 from tp 2, fp 1, fn 1, over two batches', () => {
  const batches: [TensorLike, TensorLike][] = [
    [
      [[0.9], [0.8], [0.7]],
      [[1], [1], [0]],
    ],
    [
      [[0.1], [0.2]],
      [[1], [0]],
    ],
  ];
  expect(over(precision(), batches)).toBeCloseTo(2 / 3, 12);
  expect(over(recall(), batches)).toBeCloseTo(2 / 3, 12);
  expect(over(f1(), batches)).toBeCloseTo(2 / 3, 12);
  expect(over(precision(), [[[[0.1]], [[1]]]])).toBeNaN();
});

test('AUC is the share of pairs in the right order, ties counting half', () => {
  const scores = [0.1, 0.4, 0.4, 0.8, 0.9, 0.3];
  const truth = [0, 0, 1, 1, 0, 1];
  let [pairs, wins] = [0, 0];
  scores.forEach((a, i) => {
    scores.forEach((b, j) => {
      if (truth[i] !== 1 || truth[j] !== 0) return;
      pairs++;
      wins += a > b ? 1 : a === b ? 0.5 : 0;
    });
  });
  const column = (xs: number[]) => xs.map((x) => [x]);
  expect(over(auc(), [[column(scores), column(truth)]])).toBeCloseTo(wins / pairs, 12);
  expect(over(auc(), [[column([0, 1]), column([0, 1])]])).toBe(1);
});

test('mean errors and R2 by their formulas', () => {
  const [x, t] = [
    [1, 2.5, 3, 4.5],
    [1.5, 2, 3, 5],
  ];
  const d = x.map((a, i) => a - (t[i] ?? 0));
  const batches: [TensorLike, TensorLike][] = [
    [x.slice(0, 3).map((a) => [a]), t.slice(0, 3).map((a) => [a])],
    [x.slice(3).map((a) => [a]), t.slice(3).map((a) => [a])],
  ];
  const mean = (xs: number[]) => xs.reduce((a, b) => a + b, 0) / xs.length;
  const mse = mean(d.map((a) => a * a));
  expect(over(meanSquaredDistance(), batches)).toBeCloseTo(mse, 12);
  expect(over(rootMeanSquaredDistance(), batches)).toBeCloseTo(Math.sqrt(mse), 12);
  expect(over(meanAbsoluteDistance(), batches)).toBeCloseTo(mean(d.map(Math.abs)), 12);
  const centre = mean(t);
  const spread = mean(t.map((a) => (a - centre) ** 2));
  expect(over(r2(), batches)).toBeCloseTo(1 - mse / spread, 12);
});

test('the confusion matrix counts true classes in rows and predicted ones in columns', () => {
  const data = Float64Array.from(P.flat());
  expect(confusionMatrix({ shape: [4, 3], dtype: 'float64', data }, labels)).toEqual([
    [0, 0, 0],
    [1, 1, 0],
    [1, 0, 1],
  ]);
  expect(() => confusionMatrix({ shape: [4, 3], dtype: 'float64', data }, [1])).toThrow(ShapeError);
});
