// Results of primitives and of what is made of them, where neither gradients nor extremes show them.

import type { Value } from '@pullback/core';
import * as p from '@pullback/core';
import { describe, expect, test } from 'vitest';

const f64 = { dtype: 'float64' } as const;
const values = (value: Value | undefined) => (value === undefined ? [] : Array.from(p.evaluate(value).data));
const float = (...data: number[]) => p.constant(data, f64);
const int = (...data: number[]) => p.constant(Int32Array.from(data));
const bool = (...data: boolean[]) => p.constant(data, { dtype: 'bool' });
const slope = (y: Value, at: Value) => values(p.gradient(p.sum(y), [at])[0]);

describe('comparisons and logic', () => {
  const [a, b] = [float(1, 2, 2, Number.NaN), float(2, 2, 1, 1)];
  test('greater, greaterEqual, less, lessEqual, equal', () => {
    expect(values(p.greater(a, b))).toEqual([0, 0, 1, 0]);
    expect(values(p.greaterEqual(a, b))).toEqual([0, 1, 1, 0]);
    expect(values(p.less(a, b))).toEqual([1, 0, 0, 0]);
    expect(values(p.lessEqual(a, b))).toEqual([1, 1, 0, 0]);
    expect(values(p.equal(a, b))).toEqual([0, 1, 0, 0]);
    expect(p.greater(a, b).dtype).toBe('bool');
  });
  test('and, or, not', () => {
    const [c, d] = [bool(false, false, true, true), bool(false, true, false, true)];
    expect(values(p.and(c, d))).toEqual([0, 0, 0, 1]);
    expect(values(p.or(c, d))).toEqual([0, 1, 1, 1]);
    expect(values(p.not(c))).toEqual([1, 1, 0, 0]);
  });
});

describe('arithmetic', () => {
  test('mod of what divides is 0, whatever the signs', () => {
    expect(values(p.mod(int(6, -6, 6, -6, 0), int(3, 3, -3, -3, -3)))).toEqual([0, 0, 0, 0, 0]);
    expect(values(p.mod(float(6, 6.5, -6.5), float(-3, -3, 3))).map((x) => x + 0)).toEqual([0, -2.5, 2.5]);
    expect(values(p.mod(float(1), float(0)))).toEqual([Number.NaN]);
  });
  test('round goes to the nearest, and keeps the sign of a zero', () => {
    const rounded = values(p.round(float(2.7, 3.2, -2.7, -3.2, 3.5, -0.2, 0, 0.2, -0, 1e15)));
    expect(rounded).toEqual([3, 3, -3, -3, 4, -0, 0, 0, -0, 1e15]);
  });
  test('the sign of an integer, and whole parts of integers', () => {
    const all = [-2147483648, -5, -1, 0, 1, 7, 2147483647];
    expect(values(p.sign(int(...all)))).toEqual([-1, -1, -1, 0, 1, 1, 1]);
    for (const f of [p.floor, p.ceil, p.round]) expect(values(f(int(...all)))).toEqual(all);
    expect(p.sign(int(3)).dtype).toBe('int32');
  });
  test('products of integers are exact modulo 2^32, where float64 is not', () => {
    expect(values(p.square(int(65537, -3, 2147483647)))).toEqual([131073, 9, 1]);
    expect(values(p.mul(int(2147483647, -2147483648), int(2147483647, 3)))).toEqual([1, -2147483648]);
  });
  test('a cast: to integers towards 0, to bool by x != 0', () => {
    expect(values(p.cast(float(2.9, -2.9, 2 ** 32 + 5), 'int32'))).toEqual([2, -2, 5]);
    expect(values(p.cast(float(0, -0, 0.5), 'bool'))).toEqual([0, 0, 1]);
    expect(values(p.cast(float(257.5), 'uint8'))).toEqual([1]);
  });
  test('no gradient goes through integers, between floats it takes the dtype of what it goes to', () => {
    const x = float(1.5, -2);
    expect(slope(p.cast(p.cast(x, 'int32'), 'float64'), x)).toEqual([0, 0]);
    const single = p.constant([1.5]);
    const [g = single] = p.gradient(p.sum(p.square(p.cast(single, 'float64'))), [single]);
    expect([g.dtype, ...values(g)]).toEqual(['float32', 3]);
  });
});

test('norms and softmax mix what lies along their axis, for whoever looks for samples apart', () => {
  const x = p.zeros([2, 3]);
  const mixes = ({ vertex: { node } }: p.Value) => (node.kind === 'composite' ? node.mixes : undefined);
  expect(mixes(p.softmax(x))).toEqual([1]);
  expect(mixes(p.softmax(x, { axis: 0 }))).toEqual([0]);
  expect(mixes(p.norm(x, { axis: -1, keepAxis: true }))).toEqual([1]);
});

describe('sums and statistics', () => {
  const x = p.constant(
    [
      [1, 2, 6],
      [4, 5, 0],
    ],
    f64,
  );
  test('a sum is a tree: 2^20 times 0.1 is 2^14 times the sum of 64', () => {
    let run = 0;
    for (let i = 0; i < 64; i++) run += 0.1;
    expect(values(p.sum(p.fill(0.1, [2 ** 20], 'float64')))).toEqual([run * 2 ** 14]);
  });
  test('and takes every term once, for lengths that are no power of 2', () => {
    for (const n of [64, 65, 127, 128, 129, 200, 1000])
      expect(values(p.sum(p.iota([n], f64)))).toEqual([(n * (n - 1)) / 2]);
  });
  test('means over all, and over one axis', () => {
    expect(values(p.mean(x))).toEqual([3]);
    expect(values(p.mean(x, { axis: 0 }))).toEqual([2.5, 3.5, 3]);
    expect(p.mean(x, { axis: [0, 1], keepAxis: true }).shape).toEqual([1, 1]);
  });
  test('variances along an axis, with a correction', () => {
    expect(values(p.variance(x, { axis: 1 }))).toEqual([14 / 3, 14 / 3]);
    expect(values(p.variance(x, { axis: 1, correction: 1 }))).toEqual([7, 7]);
    expect(values(p.variance(x, { axis: 0 }))).toEqual([2.25, 2.25, 9]);
    expect(p.variance(x, { axis: 0, keepAxis: true }).shape).toEqual([1, 3]);
  });
  test('of float32 that lie near a large number: the distances count, not the rounding of the mean', () => {
    // Multiples of 8, the distance of neighbours at 10^8; with the variance of k, k^2 and so on, and equal ones.
    const steps = [
      [0, 1, 2, 3, 4, 5, 6],
      [0, 0, 0, 0, 0, 0, 1],
      [-40, 7, 900, -3, 55, 12, 1],
      [5, 5, 5, 5, 5, 5, 5],
    ];
    const near = p.constant(
      steps.map((row) => row.map((k) => 1e8 + 8 * k)),
      { dtype: 'float32' },
    );
    const got = [p.variance(near, { axis: 1 }), p.standardDeviation(near, { axis: 1 })].map(values);
    steps.forEach((row, i) => {
      const mean = row.reduce((sum, k) => sum + k, 0) / row.length;
      const wanted = (64 * row.reduce((sum, k) => sum + (k - mean) ** 2, 0)) / row.length;
      expect(Math.abs((got[0]?.[i] ?? 0) - wanted)).toBeLessThanOrEqual(8 * 2 ** -24 * wanted);
      expect(Math.abs((got[1]?.[i] ?? 0) - Math.sqrt(wanted))).toBeLessThanOrEqual(
        8 * 2 ** -24 * Math.sqrt(wanted),
      );
    });
  });
  test('standard deviations are their roots', () => {
    for (const options of [{}, { axis: 0 }, { axis: 1, correction: 1 }, { axis: 1, keepAxis: true }]) {
      const [got, squared] = [p.standardDeviation(x, options), p.variance(x, options)];
      expect(got.shape).toEqual(squared.shape);
      values(got).forEach((y, i) => {
        expect(y * y).toBeCloseTo(values(squared)[i] ?? 0, 12);
      });
    }
  });
  test('norms and distances, along the last axis when none is given', () => {
    const rows = p.constant(
      [
        [3, 4],
        [0, 0],
        [5, 12],
      ],
      f64,
    );
    expect(values(p.norm(rows, { axis: 1 }))).toEqual([5, 0, 13]);
    expect(p.norm(rows, { axis: 1, keepAxis: true }).shape).toEqual([3, 1]);
    expect(values(p.norm(p.constant([3, 4], f64)))).toEqual([5]);
    const apart = p.distance(rows, p.zeros([3, 2], 'float64'));
    expect([apart.shape, ...values(apart)]).toEqual([[3], 5, 0, 13]);
    const deep = p.reshape(rows, [1, 3, 2]);
    expect(p.distance(deep, deep).shape).toEqual([1, 3]);
  });
});

describe('softmax and its logarithm along axes', () => {
  const z = p.constant(
    [
      [0, Math.log(3)],
      [0, 0],
    ],
    f64,
  );
  const close = (got: readonly number[], wanted: readonly number[]) => {
    expect(got.length).toBe(wanted.length);
    got.forEach((x, i) => {
      expect(x).toBeCloseTo(wanted[i] ?? Number.NaN, 14);
    });
  };
  test('the last, or the one that is asked for', () => {
    close(values(p.softmax(z)), [0.25, 0.75, 0.5, 0.5]);
    close(values(p.softmax(z, { axis: 0 })), [0.5, 0.75, 0.5, 0.25]);
    close(values(p.logSumExp(z)), [Math.log(4), Math.LN2]);
    close(values(p.logSumExp(z, { axis: 0 })), [Math.LN2, Math.log(4)]);
    expect(p.logSumExp(z, { keepAxis: true }).shape).toEqual([2, 1]);
    expect(p.logSumExp(z, { axis: 0, keepAxis: true }).shape).toEqual([1, 2]);
    expect(p.logSumExp(p.reshape(z, [1, 1, 4])).shape).toEqual([1, 1]);
    close(slope(p.slice(p.logSumExp(z, { axis: 0 }), [1]), z), [0, 0.75, 0, 0.25]);
  });
});

describe('random numbers', () => {
  const key = p.constant(Int32Array.of(7, -8));
  test('the bits of element n are the block of counter n under the key', () => {
    const bits = values(p.randomBits(key, [2, 3]));
    expect(bits).toEqual([0, 1, 2, 3, 4, 5].map((n) => p.threefry(7, -8, n, 0, 0) | 0));
  });
  test('a derived key is the block of the data, both words, apart from all draws', () => {
    const derived = values(p.foldIn(key, p.constant(5, { dtype: 'int32' })));
    expect(derived).toEqual([0, 1].map((word) => p.threefry(7, -8, 5, 1, word) | 0));
  });
  test('normal numbers: their moments, and half of them below 0', () => {
    const n = 20_000;
    const z = values(p.normal(key, [n], f64));
    const mean = z.reduce((a, b) => a + b, 0) / n;
    const variance = z.reduce((a, b) => a + (b - mean) ** 2, 0) / n;
    const fourth = z.reduce((a, b) => a + b ** 4, 0) / n;
    const below = z.filter((x) => x < 0).length / n;
    const within = z.filter((x) => Math.abs(x) < 1).length / n;
    // Five standard errors of each.
    expect(Math.abs(mean)).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(variance - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(fourth - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
    expect(Math.abs(below - 0.5)).toBeLessThan(2.5 / Math.sqrt(n));
    expect(Math.abs(within - 0.6826894921)).toBeLessThan(2.4 / Math.sqrt(n));
  });
  test('normal numbers are float32 unless asked otherwise, and nearly the same', () => {
    const [single, double] = [p.normal(key, [5]), p.normal(key, [5], f64)];
    expect([single.dtype, double.dtype]).toEqual(['float32', 'float64']);
    values(single).forEach((x, i) => {
      expect(x).toBeCloseTo(values(double)[i] ?? Number.NaN, 5);
    });
  });
});

describe('the standard deviation of numbers that are all equal', () => {
  test('is 0, with gradient 0', () => {
    for (const at of [float(2, 2, 2), float(5)]) {
      expect(values(p.standardDeviation(at))).toEqual([0]);
      expect(slope(p.standardDeviation(at), at).every((x) => x === 0)).toBe(true);
    }
  });
});

describe('products of vectors', () => {
  const [v, w] = [float(1, 2, 3), float(4, 5, 6)];
  test('two vectors give a scalar, with gradients the other vector', () => {
    expect(p.matmul(v, w).shape).toEqual([]);
    expect(values(p.matmul(v, w))).toEqual([32]);
    expect(slope(p.matmul(v, w), v)).toEqual([4, 5, 6]);
    expect(slope(p.matmul(v, w), w)).toEqual([1, 2, 3]);
  });
  test('a vector beside matrices leaves its axis out, also in a batch', () => {
    const many = p.reshape(p.iota([12], { dtype: 'float64' }), [2, 3, 2]);
    expect(p.matmul(v, many).shape).toEqual([2, 2]);
    expect(values(p.matmul(v, many))).toEqual([16, 22, 52, 58]);
    expect(p.matmul(p.swapAxes(many, 1, 2), v).shape).toEqual([2, 2]);
    expect(values(p.matmul(p.swapAxes(many, 1, 2), v))).toEqual([16, 22, 52, 58]);
  });
  test('lengths that differ and numbers are refused', () => {
    const one = p.fill(1, [], 'float64');
    expect(() => p.matmul(v, float(1, 2))).toThrow(p.ShapeError);
    for (const [a, b] of [
      [one, one],
      [one, v],
      [v, one],
    ] as const)
      expect(() => p.matmul(a, b)).toThrow(/matrices \[\.\.\., m, k\] and/);
  });
});

test('the minimum of integers is right for -2^31, which has no negative', () => {
  const x = int(-(2 ** 31), 5, 2 ** 31 - 1);
  expect(values(p.min(x))).toEqual([-(2 ** 31)]);
  expect(values(p.min(int(2 ** 31 - 1, 7)))).toEqual([7]);
});

test('the minimum of floats is one of them, not rounded', () => {
  expect(values(p.min(float(0.1, 1e-20, 0.7)))).toEqual([1e-20]);
  expect(values(p.min(float(-0.3, -1e20)))).toEqual([-1e20]);
});

describe('e^x - 1', () => {
  test('is finite as far as it is a float64', () => {
    // e^700 - 1, e^709 - 1 and the last one before infinity, rounded from 60 digits (mpmath).
    const wanted = [1.0142320547350045e304, 8.218407461554972e307, 1.7976931348622732e308];
    values(p.expm1(float(700, 709, 709.782712893384))).forEach((got, i) => {
      expect(Math.abs(got / (wanted[i] ?? 0) - 1)).toBeLessThan(1e-15);
    });
    expect(values(p.expm1(float(709.79)))).toEqual([Infinity]);
  });
  test('has the derivative e^x where its value rounds to -1', () => {
    for (const x of [-20, -50, -100]) {
      const at = float(x);
      const [derivative = 0] = slope(p.expm1(at), at);
      expect(Math.abs(derivative / Math.exp(x) - 1)).toBeLessThan(1e-15);
    }
  });
});

test('places as bytes are taken modulo 256, as bools they are whether they are not 0', () => {
  expect(values(p.iota([258], { dtype: 'uint8' })).slice(254)).toEqual([254, 255, 0, 1]);
  expect(values(p.iota([4], { dtype: 'bool' }))).toEqual([0, 1, 1, 1]);
  const given = p.placeholder({ shape: [3], dtype: 'bool' }, 'given');
  const fed = p.evaluate(p.cast(given, 'int32'), new Map([[given, Uint8Array.of(0, 2, 255)]]));
  expect([...fed.data]).toEqual([0, 1, 1]);
});

describe('norms beyond the range of squares', () => {
  const single = (...data: number[]) => p.constant(data);
  const norms: Readonly<Record<string, (x: Value) => Value>> = {
    norm: (x) => p.norm(x),
    'norm of a row': (x) => p.sum(p.norm(p.expandDims(x, 0), { axis: 1 })),
    globalNorm: (x) => p.globalNorm([p.slice(x, [0], [1]), p.slice(x, [1])]),
    distance: (x) => p.distance(x, p.mul(x, 0)),
  };
  for (const [name, f] of Object.entries(norms))
    test(name, () => {
      for (const size of [1e-44, 1e-38, 1e-25, 1e-13, 1e-10, 1, 1e10, 1e19, 1e25, 6e37]) {
        const x = single(3 * size, 4 * size);
        const [a = 0, b = 0] = [...p.evaluate(x).data];
        const wanted = Math.hypot(a, b);
        const close = (got: number | undefined, truth: number) =>
          expect(Math.abs((got ?? Number.NaN) - truth)).toBeLessThanOrEqual(3e-7 * Math.abs(truth) + 1.5e-45);
        close(values(f(x))[0], wanted);
        const [first, second] = slope(f(x), x);
        close(first, Math.fround(a / Math.fround(wanted)));
        close(second, Math.fround(b / Math.fround(wanted)));
      }
      for (const size of [1e-320, 1e-300, 1e-160, 1e-140, 1, 1e160, 1e300]) {
        const x = float(3 * size, 4 * size);
        const error = Math.abs((values(f(x))[0] ?? Number.NaN) / (5 * size) - 1);
        expect(error).toBeLessThan(size < 1e-307 ? 1e-3 : 1e-14);
        expect(slope(f(x), x)[0]).toBeCloseTo(0.6, size < 1e-307 ? 3 : 12);
      }
      const zero = float(0, 0);
      expect([values(f(zero)), slope(f(zero), zero)]).toEqual([[0], [0, 0]]);
      if (name !== 'distance') expect(values(f(float(Infinity, 1)))).toEqual([Infinity]);
      expect(values(f(float(Number.NaN, 1)))).toEqual([Number.NaN]);
    });
  test('numbers of very different size: what is far below counts nothing, and does no harm', () => {
    expect(values(p.norm(single(1e25, 1e-25)))).toEqual([Math.fround(1e25)]);
    expect(values(p.norm(float(1, 1e-200, 1e-300)))).toEqual([1]);
  });
  test('standard deviations of huge and small numbers', () => {
    for (const size of [1e-30, 1e30]) {
      const [got = 0] = values(p.standardDeviation(single(size, 3 * size)));
      expect(Math.abs(got / size - 1)).toBeLessThan(1e-6);
    }
  });
  test('integers and no Values at all are refused', () => {
    expect(() => p.norm(int(3, 4))).toThrow(p.DTypeError);
    expect(() => p.norm(int(3, 4))).toThrow(/a norm[\s\S]*cast\(x, 'float32'\) says what is meant/);
    expect(() => p.globalNorm([])).toThrow(p.OptionError);
  });
});
