import { expect, test } from 'vitest';
import { wilson } from '../src/interval.ts';

// Newcombe 1998, table I, method 3.
test.each([
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])("Wilson's interval of %i of %i is that of Newcombe's table", (solved, runs, low, high) => {
  const [from, to] = wilson(solved, runs);
  expect(from).toBeCloseTo(low, 4);
  expect(to).toBeCloseTo(high, 4);
});

test('all of some has no point as its interval, and none of none says nothing', () => {
  expect(wilson(20, 20)[0]).toBeCloseTo(1 - 0.1611, 4);
  expect(wilson(20, 20)[1]).toBe(1);
  expect(wilson(0, 0)).toEqual([0, 1]);
});
