import { type Initializer, RandomStream, ShapeError } from '@pullback/core';
import {
  eye,
  filled,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
  normally,
  orthogonal,
  transposed,
  truncatedNormal,
  uniformly,
} from '@pullback/layers';
import { describe, expect, test } from 'vitest';

const draw = (initializer: Initializer, shape: readonly number[], seed = 1) =>
  initializer(shape, RandomStream.of(seed, 'test'));
const [p, q] = [300, 100];
const variance = (xs: Float64Array) => {
  const mean = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  return xs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / xs.length;
};

describe('variance as published, and the shape of the distribution', () => {
  const cases: Record<string, [Initializer, number, 'uniform' | 'normal']> = {
    glorotUniform: [glorotUniform(), 2 / (p + q), 'uniform'],
    glorotNormal: [glorotNormal(), 2 / (p + q), 'normal'],
    heUniform: [heUniform(), 2 / p, 'uniform'],
    heNormal: [heNormal(), 2 / p, 'normal'],
    lecunUniform: [lecunUniform(), 1 / p, 'uniform'],
    lecunNormal: [lecunNormal(), 1 / p, 'normal'],
    uniform: [uniformly({ low: -3, high: 3 }), 3, 'uniform'],
    normal: [normally({ mean: 0, deviation: 2 }), 4, 'normal'],
    // 1 - 2 * 2 phi(2) / (2 Phi(2) - 1), the variance of a normal cut at two deviations
    truncatedNormal: [truncatedNormal({ deviation: 1 }), 0.7737413, 'uniform'],
  };
  for (const [name, [initializer, expected, kind]] of Object.entries(cases))
    test(name, () => {
      const xs = draw(initializer, [p, q]);
      // The standard error of a variance of n normal numbers is v sqrt(2 / n); a uniform one's is smaller.
      expect(Math.abs(variance(xs) / expected - 1)).toBeLessThan(5 * Math.sqrt(2 / xs.length));
      const largest = xs.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
      const bound = name === 'truncatedNormal' ? 2 : Math.sqrt(3 * expected);
      if (kind === 'uniform') expect([largest <= bound, largest > 0.999 * bound]).toEqual([true, true]);
      else expect(largest).toBeGreaterThan(1.5 * bound);
      expect(draw(initializer, [p, q])).toEqual(xs);
      expect(draw(initializer, [p, q], 2)).not.toEqual(xs);
    });
});

test('all axes but the last count as inputs', () => {
  expect(variance(draw(lecunNormal(), [10, 30, 100])) * p).toBeCloseTo(1, 1);
});

test('orthogonal: Q^T Q = gain^2 I for tall, wide and square matrices, and of higher rank', () => {
  for (const [rows, columns] of [
    [7, 3],
    [3, 7],
    [5, 5],
    [1, 1],
    [1, 4],
  ] as const) {
    const made = draw(orthogonal({ gain: 2 }), [rows, columns]);
    const at = (i: number, j: number) => made[i * columns + j] ?? Number.NaN;
    const [count, length] = rows >= columns ? [columns, rows] : [rows, columns];
    for (let i = 0; i < count; i++)
      for (let j = 0; j < count; j++) {
        let product = 0;
        for (let k = 0; k < length; k++)
          product += rows >= columns ? at(k, i) * at(k, j) : at(i, k) * at(j, k);
        expect(product).toBeCloseTo(i === j ? 4 : 0, 13);
      }
  }
  expect(draw(orthogonal(), [2, 3, 4])).toHaveLength(24);
  expect(draw(orthogonal(), [0, 4])).toHaveLength(0);
});

test('orthogonal is not partial to a sign: the first entry is as often below 0 as above', () => {
  let below = 0;
  for (let seed = 0; seed < 400; seed++) if ((draw(orthogonal(), [3, 3], seed)[0] ?? 0) < 0) below++;
  expect(Math.abs(below - 200)).toBeLessThan(50);
});

test('identity and constants', () => {
  expect(draw(eye({ gain: 3 }), [2, 3])).toEqual(Float64Array.of(3, 0, 0, 0, 3, 0));
  expect(() => draw(eye(), [3])).toThrow(ShapeError);
  expect(draw(filled(1), [2, 0])).toEqual(new Float64Array(0));
  expect(draw(filled(4), [])).toEqual(Float64Array.of(4));
});

test('into an array of float32 go the same numbers, rounded, and nothing else is made', () => {
  const all = [
    uniformly(),
    normally(),
    truncatedNormal(),
    glorotUniform(),
    heNormal(),
    filled(0.1),
    orthogonal(),
    eye(),
  ];
  for (const initializer of [...all, ...all.map(transposed)]) {
    const into = new Float32Array(30);
    const made = initializer([5, 6], RandomStream.of(4, 'test'), into);
    expect(Float32Array.from(made)).toEqual(Float32Array.from(draw(initializer, [5, 6], 4)));
  }
  const into = new Float32Array(30);
  expect(glorotUniform()([5, 6], RandomStream.of(4, 'test'), into)).toBe(into);
});
