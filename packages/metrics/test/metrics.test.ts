import { DataError, OptionError, ShapeError, tensor } from '@pullback/core';
import {
  accuracy,
  auc,
  binaryAccuracy,
  categoricalAccuracy,
  confusionMatrix,
  cosineSimilarity,
  f1,
  meanAbsoluteDistance,
  meanAbsolutePercentageError,
  meanSquaredDistance,
  meanSquaredLogarithmicError,
  precision,
  r2,
  recall,
  rootMeanSquaredDistance,
  topK,
} from '@pullback/metrics';
import { describe, expect, test } from 'vitest';
import { meanings, over } from './over.ts';

const P = [
  [0.1, 0.7, 0.2],
  [0.5, 0.3, 0.2],
  [0.2, 0.2, 0.6],
  [0.4, 0.35, 0.25],
];
const labels = Int32Array.of(1, 1, 2, 2);
const hot = [
  [0, 1, 0],
  [0, 1, 0],
  [0, 0, 1],
  [0, 0, 1],
];
const flip = (rows: readonly number[][]) => rows[0]?.map((_, j) => rows.map((row) => row[j] ?? 0)) ?? [];
const column = (x: readonly number[]) => x.map((v) => [v]);
const nan = Number.NaN;

describe('accuracy', () => {
  test('of labels, of one-hot targets and in columns: 2 of 4', () => {
    for (const make of [accuracy, categoricalAccuracy])
      for (const target of [labels, hot, hot.map((row) => row.map((v) => v * 0.9 + 0.03))])
        expect(over(make(), [[P, target]])).toBe(0.5);
    expect(over(accuracy(), [[flip(P), labels]], { layout: 'column' })).toBe(0.5);
    expect(over(accuracy(), [[flip(P), flip(hot)]], { layout: 'column' })).toBe(0.5);
  });
  test('of a class for each place in a sample', () => {
    const x = [P.slice(0, 2), P.slice(2)];
    expect(
      over(accuracy(), [
        [
          x,
          tensor(
            [
              [1, 1],
              [2, 2],
            ],
            { dtype: 'int32' },
          ),
        ],
      ]),
    ).toBe(0.5);
    expect(
      over(topK(2), [
        [
          x,
          tensor(
            [
              [1, 1],
              [2, 2],
            ],
            { dtype: 'int32' },
          ),
        ],
      ]),
    ).toBe(0.75);
  });
  test('of a single output: by the side of 1/2 for probabilities and values, of 0 for logits and margins', () => {
    const x = column([0.2, 0.8, 0.6]);
    const t = column([0, 1, 0]);
    for (const meaning of [meanings.sigmoid, meanings.values])
      expect(over(accuracy(), [[x, t]], { meaning })).toBeCloseTo(2 / 3, 6);
    expect(over(accuracy(), [[x, t]], { meaning: meanings.sigmoidLogits })).toBeCloseTo(1 / 3, 6);
    const signs = column([-1, 1, 1]);
    expect(over(accuracy(), [[column([-0.1, 2, 0.3]), signs]], { meaning: meanings.signs })).toBe(1);
    expect(over(binaryAccuracy({ threshold: 0 }), [[column([-1, 2, 0.3]), column([0, 1, 1])]])).toBe(1);
  });
  test('of a single output whose meaning nobody tells: it says what to write', () => {
    expect(() => over(accuracy(), [[[[0.2]], [[0]]]])).toThrow(
      /threshold: 0.5 for probabilities, threshold: 0 for logits/,
    );
    expect(() => over(f1(), [[P, hot]])).toThrow(/exclusive: true where one class is right/);
    expect(() => over(auc(), [[P, labels]])).toThrow(/meaning: { as: 'logits', exclusive: true }/);
    expect(() => over(precision(), [[[[1]], [[1]]]], { meaning: meanings.softmax })).toThrow(/always 1/);
  });
  test('top-k: the labelled class is among the k largest; of equal ones the first is larger', () => {
    expect([1, 2, 3].map((k) => over(topK(k), [[P, labels]]))).toEqual([0.5, 0.75, 1]);
    expect([1, 2, 3].map((k) => over(topK(k), [[flip(P), labels]], { layout: 'column' }))).toEqual([
      0.5, 0.75, 1,
    ]);
    expect(over(topK(1), [[[[0.5, 0.5]], Int32Array.of(1)]])).toBe(0);
    expect(over(topK(1), [[[[0.5, 0.5]], Int32Array.of(0)]])).toBe(1);
    expect(() => over(topK(4), [[P, labels]])).toThrow(OptionError);
    expect(() => topK(0)).toThrow(OptionError);
    expect(() => topK(1.5)).toThrow(OptionError);
  });
});

test('figures of nothing: 0 where scikit-learn says 0, an error where there is nothing to count', () => {
  const [none, all] = [column([0, 0]), column([1, 1])];
  const low = column([0.1, 0.2]);
  const at = { meaning: meanings.sigmoid };
  for (const make of [precision, recall, f1]) {
    expect(over(make(), [[low, none]], at)).toBe(0);
    expect(over(make(), [[low, all]], at)).toBe(0);
  }
  for (const metric of [
    accuracy(),
    precision(),
    auc(),
    r2(),
    meanSquaredDistance(),
    topK(1),
    cosineSimilarity(),
  ])
    expect(() => metric.summarize([])).toThrow(DataError);
  expect(() => over(auc(), [[low, all]], at)).toThrow(/both positives and negatives/);
  expect(() => over(meanSquaredDistance({ weighted: true }), [[low, all, [0, 0]]])).toThrow(DataError);
});

test('a NaN among predictions is a NaN in the figure, unless its sample has no weight', () => {
  const [x, t] = [column([0.9, nan, 0.2]), column([1, 0, 0])];
  const at = { meaning: meanings.sigmoid };
  for (const make of [accuracy, precision, recall, f1, auc, r2, meanSquaredDistance, meanAbsoluteDistance]) {
    expect(over(make(), [[x, t]], at)).toBeNaN();
    const best = over(make(), [[column([0.9, 0.2]), column([1, 0])]], at);
    expect(over(make({ weighted: true }), [[x, t, [1, 0, 1]]], at)).toBeCloseTo(best, 12);
  }
  const lost = [[nan, 0, 1], ...P.slice(1)];
  for (const metric of [accuracy(), topK(2), f1(), auc()])
    expect(over(metric, [[lost, labels]], { meaning: meanings.softmax })).toBeNaN();
});

describe('AUC', () => {
  test('is the share of pairs in the right order, ties counting half', () => {
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
    const at = { meaning: meanings.sigmoid };
    expect(over(auc(), [[column(scores), column(truth)]], at)).toBeCloseTo(wins / pairs, 12);
  });
  test('of probabilities that are small, in one column and in two', () => {
    const small = [1e-5, 2e-5, 3e-5, 4e-5];
    const at = { dtype: 'float32' } as const;
    expect(over(auc(), [[column(small), column([0, 0, 1, 1])]], { ...at, meaning: meanings.sigmoid })).toBe(
      1,
    );
    const pair = small.map((p) => [1 - p, p]);
    expect(over(auc(), [[pair, Int32Array.of(0, 0, 1, 1)]], { ...at, meaning: meanings.softmax })).toBe(1);
  });
  test('names the class that is missing', () => {
    expect(() => over(auc(), [[P, labels]], { meaning: meanings.softmax })).toThrow(
      /none of them positive for output 0/,
    );
  });
  test('refuses targets of one class before anything is counted, but for a part of them', () => {
    const at = { layout: 'row', sampleAxis: 0, classAxis: -1, meaning: meanings.sigmoid } as const;
    const spec = { shape: [2, 1], dtype: 'float32' } as const;
    expect(() => auc().check?.(tensor([[1], [1]]), spec, at)).toThrow(/both positives and negatives/);
    expect(() => auc().check?.(tensor([[1], [1]]), spec, { ...at, part: true })).not.toThrow();
  });
});

describe('errors', () => {
  const [x, t] = [
    [1, 2.5, 3, 4.5],
    [1.5, 2, 3, 5],
  ];
  const d = x.map((a, i) => a - (t[i] ?? 0));
  const batches = [
    [column(x.slice(0, 3)), column(t.slice(0, 3))],
    [column(x.slice(3)), column(t.slice(3))],
  ] as const;
  const mean = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0) / xs.length;
  test('by their formulas', () => {
    const mse = mean(d.map((a) => a * a));
    expect(over(meanSquaredDistance(), batches)).toBeCloseTo(mse, 12);
    expect(over(rootMeanSquaredDistance(), batches)).toBeCloseTo(Math.sqrt(mse), 12);
    expect(over(meanAbsoluteDistance(), batches)).toBeCloseTo(mean(d.map(Math.abs)), 12);
    expect(over(meanAbsolutePercentageError(), batches)).toBeCloseTo(
      mean(d.map((a, i) => Math.abs(a) / (t[i] ?? 0))),
      12,
    );
    const logs = x.map((a, i) => (Math.log1p(a) - Math.log1p(t[i] ?? 0)) ** 2);
    expect(over(meanSquaredLogarithmicError(), batches)).toBeCloseTo(mean(logs), 12);
  });
  test('the cosine of the angle between prediction and target; 0 of a zero vector', () => {
    const rows = [
      [1, 0],
      [1, 1],
      [0, 0],
    ];
    expect(
      over(cosineSimilarity(), [
        [
          rows,
          [
            [2, 0],
            [1, 0],
            [1, 0],
          ],
        ],
      ]),
    ).toBeCloseTo((1 + Math.SQRT1_2) / 3, 12);
    expect(
      over(
        cosineSimilarity(),
        [
          [
            flip(rows),
            flip([
              [2, 0],
              [1, 0],
              [1, 0],
            ]),
          ],
        ],
        { layout: 'column' },
      ),
    ).toBeCloseTo((1 + Math.SQRT1_2) / 3, 12);
  });
  test('of predictions and targets whose numbers are not of one kind: refused', () => {
    const at = { meaning: meanings.sigmoidLogits };
    for (const make of [meanSquaredDistance, meanAbsoluteDistance, rootMeanSquaredDistance, r2]) {
      expect(() => over(make(), [[column(x), column(t)]], at)).toThrow(
        /sigmoid\(\) and binaryCrossEntropy\(\)/,
      );
      expect(() => over(make(), [[P, labels]])).toThrow(ShapeError);
    }
    const spec = { shape: [1, 1], dtype: 'float32' } as const;
    const row = { layout: 'row', sampleAxis: 0, classAxis: -1 } as const;
    expect(() => meanAbsolutePercentageError().check?.(tensor([[0]]), spec, row)).toThrow(DataError);
    expect(() => meanSquaredLogarithmicError().check?.(tensor([[-1]]), spec, row)).toThrow(DataError);
    expect(() => over(meanSquaredLogarithmicError(), [[[[-2]], [[1]]]])).toThrow(/predictions above -1/);
  });
});

describe('R2', () => {
  test('of targets far from 0, in float32: of 1e6 + sin i', () => {
    const t = Array.from({ length: 1000 }, (_, i) => Math.fround(1e6 + Math.sin(i)));
    const x = t.map((v, i) => Math.fround(v + 0.1 * Math.cos(7 * i)));
    const centre = t.reduce((a, b) => a + b, 0) / t.length;
    const of = (f: (v: number, i: number) => number) => t.reduce((sum, v, i) => sum + f(v, i) ** 2, 0);
    const expected = 1 - of((v, i) => v - (x[i] ?? 0)) / of((v) => v - centre);
    const batch = (from: number, to: number) =>
      [column(x.slice(from, to)), column(t.slice(from, to))] as const;
    const batches = Array.from({ length: 32 }, (_, i) => batch(32 * i, Math.min(1000, 32 * (i + 1))));
    for (const each of [[batch(0, 1000)], batches])
      expect(over(r2(), each, { dtype: 'float32' })).toBeCloseTo(expected, 6);
  });
  test('of targets that are all equal: 1 where predictions are right, else 0', () => {
    const t = column([0.1, 0.1, 0.1]);
    expect(
      over(r2(), [
        [t, t],
        [t, t],
      ]),
    ).toBe(1);
    expect(over(r2(), [[column([0.1, 0.1, 0.2]), t]])).toBe(0);
  });
});

describe('targets that do not fit', () => {
  const row = { layout: 'row', sampleAxis: 0, classAxis: -1 } as const;
  const spec = { shape: [3, 3], dtype: 'float32' } as const;
  const check = (metric: ReturnType<typeof f1>, target: Parameters<typeof tensor>[0]) => () =>
    metric.check?.(tensor(target), spec, { ...row, meaning: meanings.softmax });
  test('a label outside of the classes, and several labels of a sample', () => {
    for (const metric of [accuracy(), topK(1), f1(), auc()]) {
      expect(check(metric, Int32Array.of(0, 1, 3))).toThrow(/the label 3 of sample 2/);
      expect(check(metric, Int32Array.of(0, -1, 2))).toThrow(/the label -1 of sample 1/);
      expect(
        check(metric, [
          [1, 0, 0],
          [1, 0, 1],
          [0, 0, 1],
        ]),
      ).toThrow(/sample 1/);
      expect(
        check(metric, [
          [1, 0, 0],
          [0, 0, 1],
          [0, 0, 0],
        ]),
      ).toThrow(/sample 2/);
    }
  });
  test('numbers that are no yes or no', () => {
    const at = { ...row, meaning: meanings.sigmoid };
    for (const metric of [f1(), auc()])
      expect(() => metric.check?.(tensor([[0], [2]]), { shape: [2, 1], dtype: 'float32' }, at)).toThrow(
        /a target of 2/,
      );
  });
  test('shapes', () => {
    for (const metric of [accuracy(), f1(), topK(1), auc()])
      for (const t of [
        Int32Array.of(0, 1, 2),
        [
          [1, 0],
          [0, 1],
          [0, 1],
          [1, 0],
        ],
      ])
        expect(() => over(metric, [[P, t]], { meaning: meanings.softmax })).toThrow(ShapeError);
    expect(() => over(f1(), [[P, labels]], { meaning: meanings.sigmoid })).not.toThrow();
    expect(() => over(f1({ exclusive: false }), [[P, labels]], { meaning: meanings.sigmoid })).toThrow(
      ShapeError,
    );
    expect(() => over(f1({ average: 'binary' }), [[P, labels]])).toThrow(/average: 'binary' of 3 classes/);
  });
  test('options that do not exist', () => {
    for (const options of [{ bins: 10 }, { treshold: 0 }, { average: 'mean' }])
      for (const make of [precision, auc]) expect(() => make(options as object)).toThrow(OptionError);
  });
});

describe('the confusion matrix', () => {
  test('counts true classes in rows and predicted ones in columns', () => {
    const expected = [
      [0, 0, 0],
      [1, 1, 0],
      [1, 0, 1],
    ];
    expect(confusionMatrix(tensor(P), labels)).toEqual(expected);
    expect(confusionMatrix(tensor(P), hot)).toEqual(expected);
  });
  test('of one output: classes 0 and 1, by the side of 1/2 or of a threshold', () => {
    const truth = [1, 0, 1, 0];
    expect(confusionMatrix(tensor(column([0.9, 0.1, 0.8, 0.2])), truth)).toEqual([
      [2, 0],
      [0, 2],
    ]);
    expect(confusionMatrix(tensor([3, -2, -0.5, -1]), column(truth), { threshold: 0 })).toEqual([
      [2, 0],
      [1, 1],
    ]);
    expect(() => confusionMatrix(tensor(column([3, -2, -0.5, -1])), truth)).toThrow(/threshold: 0/);
  });
  test('refuses what belongs to no class', () => {
    expect(() => confusionMatrix(tensor(P), [1])).toThrow(ShapeError);
    expect(() => confusionMatrix(tensor(P), [1, 1, 2, 3])).toThrow(/the label 3 of sample 3/);
    expect(() => confusionMatrix(tensor(P), [1, 1, -1, 2])).toThrow(DataError);
    expect(() => confusionMatrix(tensor(P), [1, 1, 0.5, 2])).toThrow(DataError);
    expect(() => confusionMatrix(tensor([[0.5, nan]]), [0])).toThrow(/NaN for sample 0/);
  });
});
