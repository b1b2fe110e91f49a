import { constant, evaluate, exp } from '@pullback/core';
import { expect, test } from 'vitest';

const run = (xs: readonly number[]) => [
  ...(evaluate([exp(constant([...xs], { dtype: 'float64' }))])[0]?.data ?? []),
];

test('exp at the edges: zeros, infinities, NaN, overflow and denormals', () => {
  expect(run([0, -0, Infinity, -Infinity, 710, -746])).toEqual([1, 1, Infinity, 0, Infinity, 0]);
  expect(run([Number.NaN])[0]).toBeNaN();
  expect(run([-745])[0]).toBe(Number.MIN_VALUE);
});

test('exp is within 2 units in the last place of another implementation, from -700 to 700', () => {
  const xs = Array.from({ length: 2801 }, (_, i) => (i - 1400) / 2 + 1 / 7);
  run(xs).forEach((got, i) => {
    const truth = Math.exp(xs[i] ?? 0);
    expect(Math.abs(got - truth) / truth).toBeLessThanOrEqual(2 * Number.EPSILON);
  });
});
