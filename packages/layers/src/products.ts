import { add, matmul, mul, type Value } from '@pullback/core';

/** W, A, B and s of W + s A B. */
interface Sum {
  readonly fixed: Value;
  readonly a: Value;
  readonly b: Value;
  readonly scale: Value;
}

/** The parts of each sum: a product with one takes A and B by themselves. */
const sums = new WeakMap<Value, Sum>();

/** W + s A B, that `times` and `timesLeft` do not compute. */
export function lowRankSum(fixed: Value, a: Value, b: Value, scale: Value): Value {
  const sum = add(fixed, mul(matmul(a, b), scale));
  sums.set(sum, { fixed, a, b, scale });
  return sum;
}

/** x W; of W + s A B, x W + s (x A) B: two thin products in the place of a whole one, on the way back too. */
export function times(x: Value, kernel: Value): Value {
  const sum = sums.get(kernel);
  if (sum === undefined) return matmul(x, kernel);
  const { fixed, a, b, scale } = sum;
  return add(matmul(x, fixed), matmul(mul(matmul(x, a), scale), b));
}

/** W x; of W + s A B, W x + A (s (B x)). */
export function timesLeft(kernel: Value, x: Value): Value {
  const sum = sums.get(kernel);
  if (sum === undefined) return matmul(kernel, x);
  const { fixed, a, b, scale } = sum;
  return add(matmul(fixed, x), matmul(a, mul(matmul(b, x), scale)));
}
