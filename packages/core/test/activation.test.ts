import {
  constant,
  defineActivation,
  evaluate,
  exp,
  gradient,
  logSoftmax,
  mul,
  NotElementwiseError,
  sigmoid,
  softplus,
  sum,
  tanh,
  transpose,
  type Value,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { finiteDifferences } from './finite-differences.ts';

const run = (f: (x: Value) => Value, xs: readonly number[], dtype: 'float32' | 'float64' = 'float64') => {
  const x = constant([...xs], { dtype });
  const [y, g] = evaluate([f(x), ...gradient(sum(f(x)), [x])]);
  return { y: [...(y?.data ?? [])], g: [...(g?.data ?? [])] };
};
const swish = defineActivation('swish', (x) => mul(x, sigmoid(x)));

describe('derivatives against central differences', () => {
  for (const [name, f] of Object.entries({ sigmoid, softplus, tanh, swish }))
    test(name, () => {
      const xs = [-3, -0.5, -1e-3, 0.2, 1, 4];
      const [truth] = finiteDifferences((x) => sum(f(x)), [xs]);
      run(f, xs).g.forEach((got, i) => {
        expect(Math.abs(got - (truth?.[i] ?? Number.NaN))).toBeLessThan(1e-9);
      });
    });
});

describe('in float32 at the extremes everything stays finite', () => {
  const extremes = [-1000, -100, -89, -17, 0, 17, 89, 100, 1000];
  test('(3.3) sigmoid: exactly 1 from z = 17 on, with derivative 0', () => {
    const { y, g } = run(sigmoid, extremes, 'float32');
    expect([y[4], y[5], y[8], y[0]]).toEqual([0.5, 1, 1, 0]);
    expect(g.every(Number.isFinite)).toBe(true);
    expect(g[5]).toBe(0);
  });
  test('(3.1.2) tanh at z = 89, where the printed formula is NaN', () => {
    const { y, g } = run(tanh, extremes, 'float32');
    expect(y).toEqual(extremes.map((z) => Math.sign(z)));
    expect(g[6]).toBe(0);
  });
  test('softplus is 0 on the left and z on the right', () => {
    const { y, g } = run(softplus, extremes, 'float32');
    expect([y[0], y[7], y[8]]).toEqual([0, 100, 1000]);
    expect(g).toEqual(expect.arrayContaining([0, 0.5, 1]));
  });
});

test('tanh and -0, and tiny arguments', () => {
  expect(run(tanh, [-0, 1e-300, -1e-9]).y).toEqual([-0, 1e-300, -1e-9]);
});

describe('(3.2) holds for elementwise functions alone: the others are refused', () => {
  const square = constant([
    [1, 2],
    [3, 4],
  ]);
  for (const [name, f] of Object.entries({
    softmax: (x: Value) => exp(logSoftmax(x)),
    'a transpose of a square': (x: Value) => mul(x, transpose(x)),
    'a sum': (x: Value) => sum(x),
    'a sum that broadcasts back': (x: Value) => mul(x, sum(x)),
  }))
    test(name, () => {
      expect(() => defineActivation('bad', f)(square)).toThrow(NotElementwiseError);
    });

  test('a vjp that mixes components', () => {
    const bad = defineActivation('bad', { forward: (x) => exp(x), vjp: (g) => transpose(g) });
    expect(() => gradient(sum(bad(square)), [square])).toThrow(/the vjp of bad/);
  });
});
