// Values and slopes far below 0, where 1 + erf x, 1 + tanh x and e^x - 1 + 1 cancel.

import { constant, evaluate, gradient, sum, type Value } from '@pullback/core';
import { celu, elu, gelu, hardSwish, mish, selu, silu } from '@pullback/layers';
import { describe, expect, test } from 'vitest';

const run = (f: (x: Value) => Value, xs: readonly number[], dtype: 'float32' | 'float64') => {
  const x = constant([...xs], { dtype });
  const y = f(x);
  const [slope = x] = gradient(sum(y), [x]);
  return evaluate([y, slope]).map(({ data }) => [...data]);
};

// x, x Phi(x), Phi(x) + x phi(x), of 40 digits (mpmath).
const table = [
  [-13, -7.952313719414843e-38, -1.0337304440113355e-36],
  [-10, -7.619853024160526e-23, -7.618400096464814e-22],
  [-6, -5.9195258702261885e-9, -3.5468709453902015e-8],
  [-3, -0.0040496940948902835, -0.011945647204183927],
  [-1, -0.15865525393145705, -0.0833154705876863],
  [-0.5, -0.15426876936299344, 0.13250487534383715],
  [0.5, 0.34573123063700656, 0.8674951246561629],
  [1, 0.8413447460685429, 1.0833154705876864],
  [3, 2.99595030590511, 1.011945647204184],
  [6, 5.999999994080474, 1.0000000354687095],
  [13, 13, 1],
] as const;

describe('gelu', () => {
  for (const [dtype, unit] of [
    ['float32', 2 ** -24],
    ['float64', 2 ** -53],
  ] as const)
    test(`${dtype}: the rounding of x^2 / 2 in the exponent and a few more`, () => {
      const [values = [], slopes = []] = run(
        gelu,
        table.map(([x]) => x),
        dtype,
      );
      table.forEach(([x, value, slope], i) => {
        const allowed = (8 + x * x) * unit;
        expect(Math.abs((values[i] ?? 0) / value - 1), `value at ${x}`).toBeLessThanOrEqual(allowed);
        expect(Math.abs((slopes[i] ?? 0) / slope - 1), `slope at ${x}`).toBeLessThanOrEqual(allowed);
      });
    });
  test('at infinities, beyond all bells and at NaN', () => {
    const [values, slopes = []] = run(gelu, [-Infinity, -1e30, 1e30, Infinity, Number.NaN, 0], 'float32');
    expect(values?.map((y) => y + 0)).toEqual([0, 0, Math.fround(1e30), Infinity, Number.NaN, 0]);
    expect(slopes.map((y) => y + 0)).toEqual([0, 0, 1, 1, Number.NaN, 0.5]);
  });
  test('approximated by a tangent', () => {
    // x sigmoid(2 u), with u by its formula in float64.
    const u = (x: number) => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
    const xs = [-6, -5, -3, -1, 2];
    const [values = []] = run((x) => gelu(x, { approximate: 'tanh' }), xs, 'float32');
    xs.forEach((x, i) => {
      const wanted = x / (1 + Math.exp(-2 * u(x)));
      expect(Math.abs((values[i] ?? 0) / wanted - 1)).toBeLessThan((8 + 4 * Math.abs(u(x))) * 2 ** -24);
    });
  });
});

describe('the slope of exponentials is e^x, not their value plus 1', () => {
  const xs = [-5, -20, -50];
  for (const [name, f, scale] of [
    ['elu', (x: Value) => elu(x), 1],
    ['celu', (x: Value) => celu(x), 1],
    ['selu', selu, 1.0507009873554805 * 1.6732632423543772],
  ] as const)
    test(name, () => {
      for (const [dtype, unit] of [
        ['float32', 2 ** -24],
        ['float64', 2 ** -53],
      ] as const) {
        const [, slopes = []] = run(f, xs, dtype);
        xs.forEach((x, i) => {
          const wanted = scale * Math.exp(x);
          expect(Math.abs((slopes[i] ?? 0) / wanted - 1)).toBeLessThan(6 * unit);
        });
      }
    });
});

describe('at infinities: 0 with slope 0 below, x with slope 1 above', () => {
  for (const [name, f] of Object.entries({
    silu: (x: Value) => silu(x),
    mish: (x: Value) => mish(x),
    hardSwish: (x: Value) => hardSwish(x),
    'gelu by a tangent': (x: Value) => gelu(x, { approximate: 'tanh' }),
  }))
    test.each(['float32', 'float64'] as const)(`${name} of %s`, (dtype) => {
      const [values, slopes] = run(f, [-Infinity, -1e30, 1e30, Infinity, Number.NaN], dtype);
      const plain = (list: readonly number[] = []) => list.map((y) => y + 0);
      const large = dtype === 'float32' ? Math.fround(1e30) : 1e30;
      expect(plain(values)).toEqual([0, 0, large, Infinity, Number.NaN]);
      expect(plain(slopes)).toEqual([0, 0, 1, 1, Number.NaN]);
    });
});
