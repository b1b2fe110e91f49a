import {
  constant,
  evaluate,
  gradient,
  type Loss,
  OptionError,
  placementOf,
  ShapeError,
} from '@pullback/core';
import {
  binaryCrossEntropy,
  categoricalCrossEntropy,
  categoricalHinge,
  cosineDistance,
  halfSquaredError,
  hinge,
  huber,
  kullbackLeibler,
  logCosh,
  meanAbsoluteError,
  meanSquaredError,
  poisson,
  sigmoidBinaryCrossEntropy,
  sigmoidFocal,
  softmaxCrossEntropy,
  softmaxFocal,
  squaredHinge,
} from '@pullback/losses';
import { describe, expect, test } from 'vitest';

const f64 = { dtype: 'float64' } as const;
const [row, column] = [placementOf('row'), placementOf('column')];
const sum = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0);
const flip = (rows: readonly (readonly number[])[]) =>
  rows[0]?.map((_, j) => rows.map((r) => r[j] ?? 0)) ?? [];

type Formula = (x: readonly number[], t: readonly number[]) => number;
const over =
  (f: (x: number, t: number) => number): Formula =>
  (x, t) =>
    sum(x.map((a, i) => f(a, t[i] ?? 0)));
const softmax = (z: readonly number[]) => {
  const total = sum(z.map(Math.exp));
  return z.map((a) => Math.exp(a) / total);
};
const sigma = (z: number) => 1 / (1 + Math.exp(-z));
const entropy = (x: number, t: number) => (t === 0 ? 0 : -t * Math.log(x));
const length = (x: readonly number[]) => Math.sqrt(sum(x.map((a) => a * a)));

const Z = [
  [1, -2, 0.5],
  [0.3, 2.2, -1],
];
const P = [
  [0.2, 0.7, 0.1],
  [0.5, 0.25, 0.25],
];
const soft = [
  [0.4, 0.5, 0.1],
  [0.2, 0.3, 0.5],
];
const signs = [
  [1, -1, -1],
  [-1, 1, 1],
];
const hot = [
  [0, 0, 1],
  [1, 0, 0],
];
const bits = [
  [1, 0, 1],
  [0, 1, 1],
];

/** Each loss with the error of one sample written out, predictions and targets. */
const losses: Record<string, [Loss, Formula, number[][], number[][]]> = {
  meanSquaredError: [meanSquaredError(), (x, t) => over((a, b) => (a - b) ** 2)(x, t) / 3, Z, soft],
  meanAbsoluteError: [meanAbsoluteError(), (x, t) => over((a, b) => Math.abs(a - b))(x, t) / 3, Z, soft],
  huber: [
    huber({ delta: 0.8 }),
    over((a, b) => {
      const d = Math.abs(a - b);
      return d <= 0.8 ? (d * d) / 2 : 0.8 * (d - 0.4);
    }),
    Z,
    soft,
  ],
  logCosh: [logCosh(), over((a, b) => Math.log(Math.cosh(a - b))), Z, soft],
  hinge: [
    hinge(),
    over((a, b) => Math.max(0, 1 - a * b)),
    [
      [0.5, -2, 0.3],
      [0.3, 2.2, -1],
    ],
    signs,
  ],
  squaredHinge: [
    squaredHinge(),
    over((a, b) => Math.max(0, 1 - a * b) ** 2),
    Z.map((z) => z.map((a) => a * 0.7)),
    signs,
  ],
  categoricalHinge: [
    categoricalHinge(),
    (x, t) => {
      const right = sum(x.map((a, i) => a * (t[i] ?? 0)));
      const others = x.filter((_, i) => t[i] !== 1);
      return Math.max(0, 1 + Math.max(...others) - right);
    },
    Z,
    hot,
  ],
  kullbackLeibler: [kullbackLeibler(), over((x, t) => (t === 0 ? 0 : t * Math.log(t / x))), P, soft],
  cosineDistance: [
    cosineDistance(),
    (x, t) => 1 - sum(x.map((a, i) => a * (t[i] ?? 0))) / length(x) / length(t),
    Z,
    soft,
  ],
  poisson: [
    poisson(),
    over((x, t) => x - t * Math.log(x)),
    P,
    [
      [0, 1, 3],
      [2, 0, 5],
    ],
  ],
  'poisson of logarithms': [
    poisson({ log: true }),
    over((z, t) => Math.exp(z) - t * z),
    Z,
    [
      [0, 1, 3],
      [2, 0, 5],
    ],
  ],
  sigmoidFocal: [
    sigmoidFocal({ gamma: 1.5, alpha: 0.3 }),
    over((z, t) => {
      const p = t === 1 ? sigma(z) : 1 - sigma(z);
      return (t === 1 ? 0.3 : 0.7) * (1 - p) ** 1.5 * -Math.log(p);
    }),
    Z,
    bits,
  ],
  'sigmoidFocal, gamma 0': [
    sigmoidFocal({ gamma: 0 }),
    over((z, t) => -Math.log(t === 1 ? sigma(z) : 1 - sigma(z))),
    Z,
    bits,
  ],
  softmaxFocal: [
    softmaxFocal({ gamma: 2 }),
    (z, t) => sum(softmax(z).map((x, i) => (1 - x) ** 2 * entropy(x, t[i] ?? 0))),
    Z,
    hot,
  ],
  'softmaxFocal, gamma 0': [
    softmaxFocal({ gamma: 0 }),
    (z, t) => sum(softmax(z).map((x, i) => entropy(x, t[i] ?? 0))),
    Z,
    hot,
  ],
  'label smoothing': [
    softmaxCrossEntropy({ labelSmoothing: 0.1 }),
    (z, t) => sum(softmax(z).map((x, i) => entropy(x, (t[i] ?? 0) * 0.9 + 0.1 / 3))),
    Z,
    hot,
  ],
  'label smoothing of probabilities': [
    categoricalCrossEntropy({ labelSmoothing: 0.1 }),
    over((x, t) => entropy(x, t * 0.9 + 0.1 / 3)),
    P,
    hot,
  ],
  'label smoothing of bits': [
    binaryCrossEntropy({ labelSmoothing: 0.2 }),
    over((x, t) => entropy(x, t * 0.8 + 0.1) + entropy(1 - x, 0.9 - t * 0.8)),
    P,
    bits,
  ],
  'label smoothing of logits of bits': [
    sigmoidBinaryCrossEntropy({ labelSmoothing: 0.2 }),
    over((z, t) => entropy(sigma(z), t * 0.8 + 0.1) + entropy(1 - sigma(z), 0.9 - t * 0.8)),
    Z,
    bits,
  ],
  'class weights': [
    softmaxCrossEntropy({ classWeights: [1, 2, 0.5] }),
    (z, t) => sum(softmax(z).map((x, i) => ([1, 2, 0.5][i] ?? 0) * entropy(x, t[i] ?? 0))),
    Z,
    hot,
  ],
};

describe('every loss is its formula: for each sample, averaged, and in columns', () => {
  for (const [name, [loss, formula, x, t]] of Object.entries(losses))
    test(name, () => {
      const errors = x.map((sample, i) => formula(sample, t[i] ?? []));
      const [found, samples] = evaluate([
        loss.forward(constant(x, f64), constant(t, f64), row),
        loss.perSample?.(constant(x, f64), constant(t, f64), row) ?? constant([], f64),
      ]);
      expect(found?.data[0]).toBeCloseTo(sum(errors) / 2, 13);
      expect(samples?.shape).toEqual([2]);
      errors.forEach((error, i) => {
        expect(samples?.data[i]).toBeCloseTo(error, 13);
      });
      const [columns] = evaluate([loss.forward(constant(flip(x), f64), constant(flip(t), f64), column)]);
      expect(columns?.data[0]).toBeCloseTo(sum(errors) / 2, 13);
    });
});

describe('every gradient equals central differences of the formula', () => {
  for (const [name, [loss, formula, points, t]] of Object.entries(losses))
    test(name, () => {
      const x = constant(points, f64);
      const [g] = evaluate(gradient(loss.forward(x, constant(t, f64), row), [x]));
      points.forEach((sample, i) => {
        sample.forEach((value, j) => {
          const at = (by: number) =>
            formula(
              sample.map((a, k) => (k === j ? value + by : a)),
              t[i] ?? [],
            ) / 2;
          const central = (h: number) => (at(h) - at(-h)) / (2 * h);
          expect(g?.data[i * 3 + j]).toBeCloseTo((4 * central(2e-4) - central(4e-4)) / 3, 9);
        });
      });
    });
});

describe('integer labels give what one-hot targets give', () => {
  for (const loss of [softmaxFocal(), softmaxCrossEntropy({ labelSmoothing: 0.1, classWeights: [1, 2, 3] })])
    test(loss.name, () => {
      const labels = constant(Int32Array.of(2, 0));
      const of = (t: ReturnType<typeof constant>) => evaluate(loss.forward(constant(Z, f64), t, row)).data[0];
      expect(of(labels)).toBe(of(constant(hot, f64)));
    });
});

test('extreme logits in float32 have finite losses and gradients', () => {
  const z = constant([
    [1000, -1000],
    [88, -88],
  ]);
  for (const t of [
    [
      [1, 0],
      [0, 1],
    ],
    [
      [0, 1],
      [1, 0],
    ],
  ])
    for (const loss of [sigmoidFocal(), softmaxFocal(), logCosh(), huber(), hinge(), halfSquaredError()]) {
      const e = loss.forward(z, constant(t), row);
      for (const { data } of evaluate([e, ...gradient(e, [z])]))
        expect([loss.name, data.every(Number.isFinite)]).toEqual([loss.name, true]);
    }
});

test('saturated and empty: 0 log 0 = 0, and a direction of length 0 is at distance 1', () => {
  const x = constant([[0, 1]], f64);
  expect(evaluate(kullbackLeibler().forward(x, x, row)).data[0]).toBe(0);
  expect(evaluate(poisson().forward(x, constant([[0, 1]], f64), row)).data[0]).toBe(1);
  const none = constant([[0, 0]], f64);
  const e = cosineDistance().forward(none, x, row);
  expect(
    evaluate([e, ...gradient(e, [none])]).map(({ data }) => Array.from(data).every(Number.isFinite)),
  ).toEqual([true, true]);
  expect(evaluate(e).data[0]).toBe(1);
});

test('wrong targets and options are refused', () => {
  const x = constant(Z, f64);
  for (const [loss] of Object.values(losses))
    expect(() => loss.forward(x, constant([[1], [0]], f64), row)).toThrow(ShapeError);
  expect(() => huber({ delta: 0 })).toThrow(OptionError);
  expect(() => sigmoidFocal({ gamma: -1 })).toThrow(OptionError);
  expect(() => softmaxCrossEntropy({ labelSmoothing: 2 })).toThrow(OptionError);
  expect(() => softmaxCrossEntropy({ classWeights: [1] }).forward(x, constant(hot, f64), row)).toThrow(
    /1 class weights/,
  );
});
