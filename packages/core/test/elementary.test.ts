import { constant, cos, erf, evaluate, exp, expm1, log, log1p, sin, tanh, type Value } from '@pullback/core';
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
