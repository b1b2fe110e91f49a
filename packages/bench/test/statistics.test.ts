import { expect, test } from 'vitest';
import { median, minimum } from '../src/statistics.ts';

test('the median of an odd number is the middle one, of an even number the mean of the two middle ones', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([7])).toBe(7);
  expect(median([10, 9, 100])).toBe(10); // by size, not as text
});

test('nothing has no median and no minimum', () => {
  expect(median([])).toBeNaN();
  expect(minimum([])).toBeNaN();
});

test('the order is left as it was', () => {
  const numbers = [3, 1, 2];
  median(numbers);
  expect(numbers).toEqual([3, 1, 2]);
  expect(minimum(numbers)).toBe(1);
});
