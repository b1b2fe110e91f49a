import {
  constant,
  cos,
  erf,
  evaluate,
  exp,
  expm1,
  log,
  log1p,
  pow,
  sin,
  tanh,
  type Value,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';
import table from './fixtures/elementary.json' with { type: 'json' };

const bits = new DataView(new ArrayBuffer(8));

/** The distance from |x| to the next float64. */
function ulp(x: number): number {
  bits.setFloat64(0, Math.abs(x));
  bits.setBigUint64(0, bits.getBigUint64(0) + 1n);
  return bits.getFloat64(0) - Math.abs(x);
}

const run = (f: (x: Value) => Value, xs: readonly number[]) =>
  Array.from(evaluate(f(constant([...xs], { dtype: 'float64' }))).data);

const functions = {
  exp: [exp, 1],
  log: [log, 1],
  expm1: [expm1, 2],
  log1p: [log1p, 2],
  tanh: [tanh, 3.5],
  erf: [erf, 5],
  sin: [sin, 1],
  cos: [cos, 1],
} as const;

describe('within so many units in the last place of correctly rounded values', () => {
  for (const name of ['exp', 'log', 'expm1', 'log1p', 'tanh', 'erf', 'sin', 'cos'] as const) {
    const [f, bound] = functions[name];
    test(`${name}: ${bound}`, () => {
      const rows = table[name];
      const got = run(
        f,
        rows.map(([x = 0]) => x),
      );
      rows.forEach(([, rounded = Number.NaN, rest = 0], i) => {
        const error = Math.abs((got[i] ?? Number.NaN) - rounded - rest) / ulp(rounded);
        expect(error).toBeLessThanOrEqual(bound);
      });
    });
  }
});

describe('edges', () => {
  const edges = [Number.NaN, Infinity, -Infinity, 0, -0];
  const wanted = {
    exp: [Number.NaN, Infinity, 0, 1, 1],
    log: [Number.NaN, Infinity, Number.NaN, -Infinity, -Infinity],
    expm1: [Number.NaN, Infinity, -1, 0, -0],
    log1p: [Number.NaN, Infinity, Number.NaN, 0, -0],
    tanh: [Number.NaN, 1, -1, 0, -0],
    erf: [Number.NaN, 1, -1, 0, -0],
    sin: [Number.NaN, Number.NaN, Number.NaN, 0, -0],
    cos: [Number.NaN, Number.NaN, Number.NaN, 1, 1],
  } as const;
  for (const name of ['exp', 'log', 'expm1', 'log1p', 'tanh', 'erf', 'sin', 'cos'] as const)
    test(`${name} of NaN, +-Infinity and +-0`, () => {
      expect(run(functions[name][0], edges)).toEqual(wanted[name]);
    });
  test('denormals, in and out', () => {
    expect(run(exp, [-745, -746, 710])).toEqual([Number.MIN_VALUE, 0, Infinity]);
    expect(run(log, [Number.MIN_VALUE])).toEqual([-744.4400719213812]);
    for (const f of [expm1, log1p, tanh, sin])
      expect(run(f, [Number.MIN_VALUE, -3e-310])).toEqual([Number.MIN_VALUE, -3e-310]);
  });
});

test('sin and cos just below a power of 2, where the logarithm rounds to the next whole number', () => {
  // x mod 2 pi with 400 digits of pi.
  const rows = [
    [2 ** 53 - 1, -0.013949324588032911, -0.9999027034384584],
    [Number.MAX_VALUE, 0.004961954789184062, -0.9999876894265599],
  ] as const;
  for (const [x, sine, cosine] of rows) {
    const [s = 0, c = 0] = [...run(sin, [x]), ...run(cos, [x])];
    expect(Math.abs(s - sine)).toBeLessThanOrEqual(ulp(sine));
    expect(Math.abs(c - cosine)).toBeLessThanOrEqual(ulp(cosine));
  }
});

/** x^y of float64. */
function powerOf(x: number, y: number): number {
  const f64 = { dtype: 'float64' } as const;
  return evaluate(pow(constant([x], f64), constant([y], f64))).data[0] ?? Number.NaN;
}

describe('powers', () => {
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  test('within 1 unit in the last place of correctly rounded values, also denormal ones and of negative numbers', () => {
    for (const [x = 0, y = 0, rounded = 0, rest = 0] of table.pow)
      expect(Math.abs(powerOf(x, y) - rounded - rest) / ulp(rounded)).toBeLessThanOrEqual(1);
  });
  test('the primitive is the same function, in float32 rounded once more', () => {
    const [xs, ys] = [table.pow.map(([x = 0]) => x), table.pow.map(([, y = 0]) => y)];
    const wanted = xs.map((x, i) => powerOf(x, ys[i] ?? 0));
    const f64 = { dtype: 'float64' } as const;
    expect([...evaluate(pow(constant(xs, f64), constant(ys, f64))).data]).toEqual(wanted);
    const [x, y] = [constant(xs), constant(ys)];
    const [a, b] = evaluate([x, y]).map(({ data }) => [...data]);
    const single = (a ?? []).map((base, i) => Math.fround(powerOf(base, b?.[i] ?? 0)));
    expect([...evaluate(pow(x, y)).data]).toEqual(single);
  });
  // IEEE 754-2019, 9.2.1.
  test.each([
    [nan, 0, 1],
    [nan, -0, 1],
    [infinity, 0, 1],
    [0, 0, 1],
    [1, nan, 1],
    [1, infinity, 1],
    [1, -infinity, 1],
    [-1, infinity, 1],
    [-1, -infinity, 1],
    [0, -3, infinity],
    [-0, -3, -infinity],
    [0, -infinity, infinity],
    [-0, -infinity, infinity],
    [0, -2, infinity],
    [-0, -2, infinity],
    [-0, -2.5, infinity],
    [0, 3, 0],
    [-0, 3, -0],
    [-0, 2, 0],
    [-0, 2.5, 0],
    [0, infinity, 0],
    [0.5, infinity, 0],
    [2, infinity, infinity],
    [-2, infinity, infinity],
    [0.5, -infinity, infinity],
    [-0.5, infinity, 0],
    [2, -infinity, 0],
    [infinity, 0.5, infinity],
    [infinity, -0.5, 0],
    [-infinity, 3, -infinity],
    [-infinity, 2, infinity],
    [-infinity, 0.5, infinity],
    [-infinity, -3, -0],
    [-infinity, -2, 0],
    [-infinity, -0.5, 0],
    [-2, 0.5, nan],
    [-2, nan, nan],
    [nan, 2, nan],
    [-2, 3, -8],
    [-2, 4, 16],
    [-2, -1, -0.5],
    [-1, 2 ** 53, 1],
    [-1, 2 ** 53 - 1, -1],
    [10, 22, 1e22],
    [2, -1074, 5e-324],
    [2, 1023, 2 ** 1023],
    [2, 1024, infinity],
    [-2, 1025, -infinity],
    [1e300, 1e300, infinity],
    [1 + 2 ** -52, 1e308, infinity],
    [1 - 2 ** -53, 1e308, 0],
  ])('%f ^ %f is %f', (x, y, wanted) => {
    expect(powerOf(x, y)).toBe(wanted);
  });
});
