// Powers, as IEEE 754 has them, and their derivatives.

import type { Value } from '@pullback/core';
import * as p from '@pullback/core';
import { describe, expect, test } from 'vitest';

const f64 = { dtype: 'float64' } as const;
const values = (value: Value | undefined) => (value === undefined ? [] : Array.from(p.evaluate(value).data));
const float = (...data: number[]) => p.constant(data, f64);
const int = (...data: number[]) => p.constant(Int32Array.from(data));
const slope = (y: Value, at: Value) => values(p.gradient(p.sum(y), [at])[0]);

describe('powers', () => {
  const x = float(-2, 0, 3);
  const powers: Record<number, number[]> = {
    0: [1, 1, 1],
    2: [4, 0, 9],
    3: [-8, 0, 27],
    4: [16, 0, 81],
    5: [-32, 0, 243],
    7: [-128, 0, 2187],
  };
  for (const [exponent, wanted] of Object.entries(powers))
    test(`x^${exponent}`, () => expect(values(p.pow(x, Number(exponent)))).toEqual(wanted));
  test('negative ones are reciprocals', () => {
    expect(values(p.pow(float(-2, 4), -3))).toEqual([-1 / 8, 1 / 64]);
  });
  test('1/2 is the square root, exact; others are close, and not a number below 0', () => {
    expect(values(p.pow(float(2, 0), 0.5))).toEqual([Math.SQRT2, 0]);
    expect(values(p.pow(float(2), 2.5))[0]).toBeCloseTo(2 ** 2.5, 13);
    expect(values(p.pow(float(-2, 0), 1.5))).toEqual([Number.NaN, 0]);
  });
  test('with exponents that are Values, broadcast', () => {
    const y = p.pow(p.constant([[2], [3]], f64), float(0, 1, 2));
    expect(y.shape).toEqual([2, 3]);
    values(y).forEach((got, i) => {
      expect(got).toBeCloseTo([1, 2, 4, 1, 3, 9][i] ?? 0, 12);
    });
  });
  test('at 0: 0^0 is 1, and both gradients are finite where they exist', () => {
    const [base, exponent] = [float(0, 0, 0, 0), float(0, 1, 2, 0.5)];
    expect(values(p.pow(base, exponent))).toEqual([1, 0, 0, 0]);
    expect(slope(p.pow(base, exponent), base)).toEqual([0, 1, 0, Infinity]);
    expect(slope(p.pow(base, exponent), exponent)).toEqual([0, 0, 0, 0]);
    const negative = float(-1);
    expect(slope(p.pow(float(0), negative), negative)).toEqual([-Infinity]);
  });
});

describe('derivatives of powers', () => {
  const at = (base: number, exponent: number) => {
    const [x, q] = [float(base), float(exponent)];
    const y = p.pow(x, q);
    const [dx = x, dq = q] = p.gradient(p.sum(y), [x, q]);
    const [dxx, dxq] = p.gradient(p.sum(dx), [x, q]);
    return [dx, dq, dxx, dxq].map((value) => values(value)[0]);
  };
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  // By hand: p x^(p-1), x^p log x, p (p-1) x^(p-2), x^(p-1) (1 + p log x).
  test.each([
    [2, 0, [0, Math.log(2), 0, 0.5]],
    [2, 3, [12, 8 * Math.log(2), 12, 4 * (1 + 3 * Math.log(2))]],
    [0, 2, [0, 0, 2, 0]],
    [0, 3, [0, 0, 0, 0]],
    // As above, log 0 counts nothing: 1 is left.
    [0, 1, [1, 0, 0, 1]],
    [0, 0, [0, 0, 0, 0]],
    [0, 0.5, [infinity, 0, -infinity, nan]],
  ])('%f ^ %f', (x, q, wanted) => {
    at(x, q).forEach((got, i) => {
      const truth = wanted[i] ?? nan;
      if (i < 3 || Number.isFinite(truth)) expect(got).toBeCloseTo(truth, 12);
    });
  });
  test('of a negative number: 12 for (-2)^3, and none by the exponent', () => {
    expect(at(-2, 3).slice(0, 3)).toEqual([12, nan, -12]);
    expect(at(-2, -1).slice(0, 1)).toEqual([-0.25]);
  });
  test('as a number, 64 is six squares', () => {
    let x = 1.1;
    for (let i = 0; i < 6; i++) x *= x;
    expect(values(p.pow(float(1.1), 64))).toEqual([x]);
    expect(values(p.pow(float(1.1), float(64)))).not.toEqual([x]);
  });
  test('numbers as exponents: whole ones beyond 64 and broken ones are right to the last place', () => {
    // The nearest float64 to the power of the fraction that 1.1 is (Python's fractions); repeated squaring is 132 units in the last place away.
    const most = 2.7169262098066285e41;
    const [grown = 0, turned = 0] = values(p.pow(float(1.1, -1.1), 1001));
    expect(Math.abs(grown / most - 1)).toBeLessThan(2 ** -52);
    expect(turned).toBe(-grown);
    expect(values(p.pow(float(2, -2), 65))).toEqual([2 ** 65, -(2 ** 65)]);
    expect(values(p.pow(float(-8, 4), 1.5))).toEqual([nan, 8]);
    expect(values(p.pow(int(-3, 2), 3))).toEqual([-27, 8]);
  });
});
