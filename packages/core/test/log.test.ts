import { constant, evaluate, log } from '@pullback/core';
import { expect, test } from 'vitest';

const run = (xs: readonly number[]) => [
  ...(evaluate([log(constant([...xs], { dtype: 'float64' }))])[0]?.data ?? []),
];

test('log at the edges: 1, zeros, infinity, negatives and the smallest denormal', () => {
  expect(run([1, 0, -0, Infinity, -1, Number.MIN_VALUE])).toEqual([
    0,
    -Infinity,
    -Infinity,
    Infinity,
    Number.NaN,
    -744.4400719213812,
  ]);
});

test('log is within 2 units in the last place of another implementation over the whole range', () => {
  const xs = Array.from({ length: 2001 }, (_, i) => 2 ** ((i - 1000) / 1.01) * (1 + 1 / 7));
  run(xs).forEach((got, i) => {
    const truth = Math.log(xs[i] ?? 0);
    expect(Math.abs(got - truth)).toBeLessThanOrEqual(2 * Number.EPSILON * Math.abs(truth));
  });
});
