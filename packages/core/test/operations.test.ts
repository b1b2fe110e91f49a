import { exp, matmul, operationsOf, placeholder, reshape, sum, trace, transpose } from '@pullback/core';
import { expect, test } from 'vitest';

const input = (...shape: number[]) => placeholder({ shape, dtype: 'float32' }, 'x');

test('a product of [m, k] by [k, n] is 2 m k n operations, a batch of b so many times as many', () => {
  const [a, b, many] = [input(3, 5), input(5, 7), input(2, 3, 5)];
  expect(operationsOf(trace([a, b], [matmul(a, b)]))).toBe(2 * 3 * 5 * 7);
  expect(operationsOf(trace([many, b], [matmul(many, b)]))).toBe(2 * 2 * 3 * 5 * 7);
});

test('elements and sums are one each, views are none, nothing is none', () => {
  const x = input(4, 6);
  expect(operationsOf(trace([x], [transpose(x), reshape(x, [24])]))).toBe(0);
  expect(operationsOf(trace([x], [exp(x)]))).toBe(24);
  expect(operationsOf(trace([x], [sum(x, { axis: 1 })]))).toBe(24);
  expect(operationsOf(trace([x], [x]))).toBe(0);
  const none = input(0, 6);
  expect(operationsOf(trace([none], [exp(none)]))).toBe(0);
});
