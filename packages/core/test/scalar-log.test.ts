import { constant, evaluate, log } from '@pullback/core';
import { expect, test } from 'vitest';
import { log as ofNumbers } from '../src/random/log.ts';

test('the logarithm that random numbers are drawn with has the bits of the formula', () => {
  const places = [
    0,
    -0,
    1,
    5e-324,
    1e-310,
    2 ** -1022,
    Math.SQRT1_2,
    Math.SQRT2,
    1e308,
    Infinity,
    -1,
    Number.NaN,
  ];
  const data = Float64Array.from([...places, ...Array.from({ length: 2000 }, (_, i) => (i + 0.5) / 1000)]);
  const made = evaluate(log(constant({ shape: [data.length], data })));
  expect([...made.data]).toEqual([...data].map(ofNumbers));
});
