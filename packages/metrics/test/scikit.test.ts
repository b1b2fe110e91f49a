// Figures of scikit-learn (fixtures/scikit.py), over all samples at once and in batches of 5, in float64 and in float32.
import type { FloatDType, Meaning, Metric } from '@pullback/core';
import { tensor } from '@pullback/core';
import {
  accuracy,
  auc,
  confusionMatrix,
  f1,
  meanAbsoluteDistance,
  meanAbsolutePercentageError,
  meanSquaredDistance,
  meanSquaredLogarithmicError,
  precision,
  r2,
  recall,
  topK,
} from '@pullback/metrics';
import { describe, expect, test } from 'vitest';
import fixtures from './fixtures/scikit.json' with { type: 'json' };
import { type Batch, meanings, over } from './over.ts';

const { weights, binary, two, four, absent, several, values, far } = fixtures;
const column = (x: readonly number[]) => x.map((v) => [v]);
const softmax = (rows: readonly number[][]) =>
  rows.map((row) => {
    const all = row.reduce((sum, z) => sum + Math.exp(z), 0);
    return row.map((z) => Math.exp(z) / all);
  });
const oneHot = (labels: readonly number[], classes: number) =>
  labels.map((label) => Array.from({ length: classes }, (_, k) => Number(k === label)));

interface Given {
  readonly x: readonly number[][];
  readonly t: readonly number[][] | Int32Array;
  readonly meaning?: Meaning;
}

/** The figure in one batch and in many, in both dtypes, is that one. */
function expectFigure(metric: Metric, { x, t, meaning }: Given, expected: number): void {
  const batch = (from: number, to: number): Batch => [
    x.slice(from, to),
    t.slice(from, to) as number[][] | Int32Array,
    weights.slice(from, to),
  ];
  const starts = Array.from({ length: Math.ceil(x.length / 5) }, (_, i) => 5 * i);
  for (const [dtype, digits] of [
    ['float64', 12],
    ['float32', 5],
  ] as const satisfies [FloatDType, number][])
    for (const batches of [[batch(0, x.length)], starts.map((from) => batch(from, from + 5))])
      expect(over(metric, batches, { dtype, ...(meaning && { meaning }) })).toBeCloseTo(expected, digits);
}

const kinds = ['plain', 'weighted'] as const;
const weighing = (kind: (typeof kinds)[number]) => ({ weighted: kind === 'weighted' });
const makers = { precision, recall, F1: f1 } as const;
const words = ['precision', 'recall', 'F1'] as const;

for (const kind of kinds)
  describe(kind, () => {
    const options = weighing(kind);
    const answers = binary[kind];
    test('one output: probabilities, and their logits', () => {
      const [x, t] = [column(binary.predictions), column(binary.targets)];
      const labels = Int32Array.from(binary.targets);
      const logits = x.map((row) => row.map((p) => Math.log(p / (1 - p))));
      for (const word of words)
        for (const given of [
          { x, t, meaning: meanings.sigmoid },
          { x, t: labels, meaning: meanings.sigmoid },
          { x: logits, t, meaning: meanings.sigmoidLogits },
        ])
          expectFigure(makers[word](options), given, answers[word]);
      expectFigure(makers.F1({ ...options, threshold: 0.5 }), { x, t }, answers.F1);
      expectFigure(accuracy(options), { x, t, meaning: meanings.sigmoid }, answers.accuracy);
      expectFigure(accuracy(options), { x: logits, t, meaning: meanings.sigmoidLogits }, answers.accuracy);
      expectFigure(auc(options), { x, t, meaning: meanings.sigmoid }, answers.AUC);
    });
    test('two columns of a softmax: class 1 is the positive one', () => {
      const [logits, p, labels] = [two.logits, softmax(two.logits), Int32Array.from(two.labels)];
      const { binary: expected, macro } = two[kind];
      for (const given of [
        { x: logits, t: labels, meaning: meanings.softmaxLogits },
        { x: p, t: labels, meaning: meanings.softmax },
        { x: logits, t: oneHot(two.labels, 2), meaning: meanings.softmaxLogits },
      ]) {
        for (const word of words) {
          expectFigure(makers[word](options), given, expected[word]);
          expectFigure(makers[word]({ ...options, average: 'macro' }), given, macro[word]);
        }
        expectFigure(auc(options), given, expected.AUC);
        expectFigure(accuracy(options), given, two[kind].accuracy);
      }
    });
    test('four classes, from labels and one-hot rows, logits and probabilities', () => {
      const [logits, p, labels] = [four.logits, softmax(four.logits), Int32Array.from(four.labels)];
      for (const given of [
        { x: logits, t: labels, meaning: meanings.softmaxLogits },
        { x: p, t: labels, meaning: meanings.softmax },
        { x: p, t: oneHot(four.labels, 4), meaning: meanings.softmax },
      ]) {
        for (const average of ['macro', 'micro', 'weighted'] as const) {
          for (const word of words)
            expectFigure(makers[word]({ ...options, average }), given, four[kind][average][word]);
          expectFigure(auc({ ...options, average }), given, four[kind][average].AUC);
        }
        expectFigure(f1(options), given, four[kind].macro.F1);
        expectFigure(accuracy(options), given, four[kind].accuracy);
        expectFigure(topK(2, options), given, four[kind].top2);
      }
    });
    test('a class that is neither said nor so is left out of a mean', () => {
      const given = { x: absent.logits, t: Int32Array.from(absent.labels), meaning: meanings.softmaxLogits };
      for (const average of ['macro', 'micro', 'weighted'] as const)
        for (const word of words)
          expectFigure(makers[word]({ ...options, average }), given, absent[kind][average][word]);
    });
    test('several labels of a sample', () => {
      const given = { x: several.predictions, t: several.targets, meaning: meanings.sigmoid };
      for (const average of ['macro', 'micro', 'weighted'] as const) {
        for (const word of words)
          expectFigure(makers[word]({ ...options, average }), given, several[kind][average][word]);
        expectFigure(auc({ ...options, average }), given, several[kind][average].AUC);
      }
    });
    test('errors and R2 of one and of several outputs', () => {
      const one = { x: values.predictions, t: values.targets };
      const three = { x: far.predictions, t: far.targets };
      for (const [given, figures] of [
        [one, values[kind]],
        [three, far[kind]],
      ] as const) {
        expectFigure(r2(options), given, figures.uniform);
        expectFigure(r2({ ...options, average: 'variance' }), given, figures.variance);
        for (const make of [meanSquaredDistance, meanAbsoluteDistance]) {
          const name = make().name as 'mean squared error' | 'mean absolute error';
          expectFigure(make(options), given, figures[name]);
        }
      }
      expectFigure(meanAbsolutePercentageError(options), three, far[kind]['mean absolute percentage error']);
      expectFigure(meanSquaredLogarithmicError(options), three, far[kind]['mean squared logarithmic error']);
    });
  });

test('the confusion matrix, from labels and one-hot rows', () => {
  expect(confusionMatrix(tensor(four.logits), four.labels)).toEqual(four.confusion);
  expect(confusionMatrix(tensor(four.logits), oneHot(four.labels, 4))).toEqual(four.confusion);
  expect(confusionMatrix(tensor(two.logits), two.labels)).toEqual(two.confusion);
});
