import { add, mul, type Value } from '@pullback/core';

/** beta old + (1 - beta) x: an exponential moving average. */
export function average(old: Value, x: Value, beta: number): Value {
  return add(mul(old, beta), mul(x, 1 - beta));
}
