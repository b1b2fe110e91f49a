// How far a backend may be from the reference: by the roundings of what it computes, also of constants inside a repetition.

import * as p from '@pullback/core';
import { expectedOf } from '@pullback/testing';
import { expect, test } from 'vitest';

const bounds = (y: p.Value) =>
  expectedOf({ program: p.trace([], [y]), data: [], over: [undefined], times: 1 }).map(
    ({ data, error }) => [Array.from(data), error] as const,
  );

test('a step computes tanh of a constant with a rounding of its own, whatever tracing could fold', () => {
  const carries = p.constant(0, { dtype: 'float32' });
  const { outputs } = p.scan(
    (carry: p.Value) => {
      const next = p.tanh(p.sub(carry, 0.25));
      return { carries: next, outputs: next };
    },
    carries,
    [],
    { length: 2 },
  );
  const [first = [[], 0] as const] = bounds(outputs as p.Value);
  const [values, error] = first;
  const one = Math.fround(Math.tanh(-0.25));
  const two = Math.fround(Math.tanh(Math.fround(one - 0.25)));
  values.forEach((x, i) => {
    expect(Math.abs(x - ([one, two][i] ?? Number.NaN))).toBeLessThan(2e-7);
  });
  // 2^-26 is an ulp of tanh(-0.25).
  expect(error).toBeGreaterThan(2 ** -26);
  expect(error).toBeLessThan(1e-5);
});

test('movement of constants inside a repetition has no rounding', () => {
  const sequence = p.iota([3, 2], { axis: 0, dtype: 'int32' });
  const { outputs } = p.scan(
    (carry: p.Value, x: p.Value) => ({ carries: carry, outputs: x }),
    p.constant(0),
    sequence,
  );
  expect(bounds(outputs as p.Value)).toEqual([[[0, 0, 1, 1, 2, 2], 0]]);
});
