import { constant, evaluate, gradient, logSoftmax, mul, neg, sum, type Value } from '@pullback/core';
import { describe, expect, test } from 'vitest';

const crossEntropy = (z: Value, t: Value) => neg(sum(mul(t, logSoftmax(z))));
const f64 = { dtype: 'float64' } as const;
const Z = [
  [0.5, -1, 2],
  [0, 0, 1],
  [3, -2, 0.25],
];

function softmax(row: readonly number[]): number[] {
  const total = row.reduce((all, z) => all + Math.exp(z), 0);
  return row.map((z) => Math.exp(z) / total);
}

describe('(3.9) softmax then categorical cross entropy', () => {
  for (const [name, T] of [
    [
      'x - t when sum t = 1',
      [
        [0, 0, 1],
        [0.2, 0.3, 0.5],
        [1, 0, 0],
      ],
    ],
    [
      'x sum t - t for targets that do not sum to 1',
      [
        [0, 2, 1],
        [0.5, 0, 0],
        [0, 0, 0],
      ],
    ],
  ] as const)
    test(`its gradient is ${name}`, () => {
      const z = constant(Z, f64);
      const [got] = evaluate(gradient(crossEntropy(z, constant(T, f64)), [z]));
      const wanted = Z.flatMap((row, i) => {
        const total = (T[i] ?? []).reduce((all: number, t) => all + t, 0);
        return softmax(row).map((x, j) => x * total - (T[i]?.[j] ?? 0));
      });
      wanted.forEach((value, i) => {
        expect(Math.abs((got?.data[i] ?? Number.NaN) - value)).toBeLessThan(1e-14);
      });
    });
});

test('(3.4) no overflow at z = 1e4', () => {
  const [y] = evaluate([logSoftmax(constant([[1e4, 0]], f64))]);
  expect([...(y?.data ?? [])]).toEqual([0, -1e4]);
});

test('(4.3) rows of the softmax gradient sum to 0, at n = p', () => {
  const z = constant(Z, f64);
  const [g] = gradient(sum(logSoftmax(z)), [z]);
  const [rows] = evaluate([sum(g ?? z, { axis: 1 })]);
  for (const total of rows?.data ?? [Number.NaN]) expect(Math.abs(total)).toBeLessThan(1e-14);
});
