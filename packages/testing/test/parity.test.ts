// How far results may be apart: floats at the largest number of a result, and never a NaN for a number.
import type { Tensor } from '@pullback/core';
import { expect, test } from 'vitest';
import { compare } from '../src/parity.ts';

const of = (...numbers: number[]): Tensor => ({
  shape: [numbers.length],
  dtype: 'float32',
  data: Float32Array.from(numbers),
});
const apart = (wanted: number[], got: number[], most: number) => () =>
  compare([of(...wanted)], [of(...got)], 'here', most);
const ulp = 2 ** -23;

test('exactly, where nothing is allowed', () => {
  expect(apart([1, 0.5], [1, 0.5], 0)).not.toThrow();
  expect(apart([1, 0.5], [1, 0.5 + ulp / 2], 0)).toThrow(/result 0 \[1\] here/);
  expect(apart([0], [-0], 0)).not.toThrow();
});
test('in floats at the largest', () => {
  expect(apart([1, 2 ** -10], [1, 2 ** -10 + 2 * ulp], 2)).not.toThrow();
  expect(apart([1, 2 ** -10], [1, 2 ** -10 + 3 * ulp], 2)).toThrow(/3 floats away/);
  expect(apart([2 ** -10], [2 ** -10 + ulp], 2)).toThrow();
});
test('a NaN or an infinity is far from every number, and no distance from itself', () => {
  for (const wrong of [Number.NaN, Infinity, -Infinity]) {
    expect(apart([1, 2], [1, wrong], 9)).toThrow();
    expect(apart([1, wrong], [1, 2], 9)).toThrow();
    expect(apart([0, wrong], [0, wrong], 9)).not.toThrow();
  }
  expect(apart([0, 0], [0, 1], 9)).toThrow();
});
