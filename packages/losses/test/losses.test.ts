import { constant, evaluate, gradient, type Loss, placementOf, ShapeError, type Value } from '@pullback/core';
import {
  binaryCrossEntropy,
  categoricalCrossEntropy,
  halfSquaredError,
  meanSquaredError,
  sigmoidBinaryCrossEntropy,
  softmaxCrossEntropy,
} from '@pullback/losses';
import { describe, expect, test } from 'vitest';

const f64 = { dtype: 'float64' } as const;
const [row, column] = [placementOf('row'), placementOf('column')];
const number = (x: Value) => evaluate(x).data[0] ?? Number.NaN;
const sum = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0);

const P = [
  [0.2, 0.7, 0.1],
  [0.5, 0.25, 0.25],
];
const T = [
  [0, 1, 0],
  [0.2, 0.3, 0.5],
];
const Z = [
  [1, -2, 0.5],
  [0.3, 3, -1],
];

type Formula = (x: readonly number[], t: readonly number[]) => number;
const over =
  (f: (x: number, t: number) => number): Formula =>
  (x, t) =>
    sum(x.map((a, i) => f(a, t[i] ?? 0)));
const xlogy = (t: number, y: number) => (t === 0 ? 0 : t * Math.log(y));
const logSumExp = (z: readonly number[]) => Math.log(sum(z.map(Math.exp)));

/** Each loss with the error of one sample written out, and predictions that it is meant for. */
const losses: Record<string, [(options: { reduction: 'sum' | 'mean' }) => Loss, Formula, number[][]]> = {
  halfSquaredError: [halfSquaredError, over((x, t) => (t - x) ** 2 / 2), Z],
  binaryCrossEntropy: [binaryCrossEntropy, over((x, t) => -xlogy(t, x) - xlogy(1 - t, 1 - x)), P],
  sigmoidBinaryCrossEntropy: [
    sigmoidBinaryCrossEntropy,
    over((z, t) => -xlogy(t, 1 / (1 + Math.exp(-z))) - xlogy(1 - t, 1 / (1 + Math.exp(z)))),
    Z,
  ],
  categoricalCrossEntropy: [categoricalCrossEntropy, over((x, t) => -xlogy(t, x)), P],
  softmaxCrossEntropy: [
    softmaxCrossEntropy,
    (z, t) => sum(z.map((a, i) => (t[i] ?? 0) * (logSumExp(z) - a))),
    Z,
  ],
};

describe('every loss is its formula, summed over samples or averaged', () => {
  for (const [name, [make, formula, points]] of Object.entries(losses))
    test(name, () => {
      const errors = points.map((x, i) => formula(x, T[i] ?? []));
      const at = (reduction: 'sum' | 'mean') =>
        number(make({ reduction }).forward(constant(points, f64), constant(T, f64), row));
      expect(at('sum')).toBeCloseTo(sum(errors), 13);
      expect(at('mean')).toBeCloseTo(sum(errors) / 2, 13);
    });
  test('meanSquaredError averages over samples and components', () => {
    const errors = Z.flatMap((z, i) => z.map((x, j) => (x - (T[i]?.[j] ?? 0)) ** 2));
    expect(number(meanSquaredError().forward(constant(Z, f64), constant(T, f64), row))).toBeCloseTo(
      sum(errors) / 6,
      13,
    );
  });
});

describe('every gradient, of the prediction and of the target, equals central differences', () => {
  for (const [name, [make, formula, points]] of Object.entries(losses))
    test(name, () => {
      const soft = [
        [0.4, 0.5, 0.3],
        [0.2, 0.3, 0.5],
      ];
      const [x, t] = [constant(points, f64), constant(soft, f64)];
      const found = evaluate(gradient(make({ reduction: 'sum' }).forward(x, t, row), [x, t]));
      const total = (flat: readonly number[]) =>
        sum([0, 1].map((i) => formula(flat.slice(3 * i, 3 * i + 3), flat.slice(6 + 3 * i, 9 + 3 * i))));
      const flat = [...points.flat(), ...soft.flat()];
      flat.forEach((_, k) => {
        const moved = (by: number) => total(flat.map((value, i) => (i === k ? value + by : value)));
        const central = (h: number) => (moved(h) - moved(-h)) / (2 * h);
        // One Richardson step takes the error of order h^2 away.
        const wanted = (4 * central(5e-4) - central(1e-3)) / 3;
        expect(found[k < 6 ? 0 : 1]?.data[k % 6]).toBeCloseTo(wanted, 8);
      });
    });
});

describe('integer labels', () => {
  for (const make of [categoricalCrossEntropy, softmaxCrossEntropy])
    test(`${make().name}: as one-hot rows, and as one-hot columns`, () => {
      const labels = constant(Int32Array.of(2, 0));
      const hot = [
        [0, 0, 1],
        [1, 0, 0],
      ];
      const transposed = P[0]?.map((_, j) => P.map((r) => r[j] ?? 0)) ?? [];
      const loss = make({ reduction: 'sum' });
      const wanted = number(loss.forward(constant(P, f64), constant(hot, f64), row));
      expect(number(loss.forward(constant(P, f64), labels, row))).toBe(wanted);
      expect(number(loss.forward(constant(transposed, f64), labels, column))).toBeCloseTo(wanted, 14);
    });
});

describe('a target of another shape is refused: broadcasting would compute something else in silence', () => {
  for (const [name, [make, , points]] of Object.entries(losses))
    test(name, () => {
      const loss = make({ reduction: 'sum' });
      for (const t of [
        [[1], [0]],
        [1, 0, 0],
        [
          [1, 0],
          [0, 1],
        ],
      ])
        expect(() => loss.forward(constant(points, f64), constant(t, f64), row)).toThrow(ShapeError);
    });
});

test('extreme logits in float32 have finite losses and gradients', () => {
  const z = constant([
    [1000, -1000],
    [100, -100],
  ]);
  const t = constant([
    [1, 0],
    [0, 1],
  ]);
  for (const loss of [sigmoidBinaryCrossEntropy(), softmaxCrossEntropy()]) {
    const e = loss.forward(z, t, row);
    for (const { data } of evaluate([e, ...gradient(e, [z])])) expect(data.every(Number.isFinite)).toBe(true);
  }
});

test('a class that is ruled out, beside targets of 0 for it, counts nothing', () => {
  const z = constant([[-Infinity, 0]], f64);
  const e = softmaxCrossEntropy().forward(z, constant([[0, 1]], f64), row);
  expect(number(e)).toBe(0);
});
