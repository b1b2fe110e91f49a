import { applyPrimitive, DTypeError, flip, type Primitive, ShapeError, type Value } from 'pullback';

// #region primitive
/**
 * y_i = x_0 + ... + x_i along the last axis, in linear time. J is lower triangular with ones, so J^T sums from the other end:
 * flip, sum, flip.
 */
const cumsumPrimitive: Primitive<readonly [Value], Readonly<Record<string, never>>, Value> = {
  kind: 'reduction',
  name: 'cumsum',
  infer: ([x]) => {
    if (x.dtype !== 'float32' && x.dtype !== 'float64')
      throw new DTypeError({ got: `cumsum of ${x.dtype}`, expected: 'float32 or float64' });
    if (x.shape.length === 0) throw new ShapeError({ got: 'a scalar', expected: 'at least one axis' });
    return x;
  },
  evaluate: ([x], [output]) => {
    const length = x.shape.at(-1) ?? 1;
    let total = 0;
    for (let i = 0; i < x.data.length; i++) {
      total = (i % length === 0 ? 0 : total) + (x.data[i] ?? 0);
      output.data[i] = total;
    }
  },
  vjp: (gradient) => [flip(cumsum(flip(gradient, -1)), -1)],
  // With one more axis in front it does the same to each row.
  batch: ([x]) => cumsum(x),
};

export function cumsum(x: Value): Value {
  return applyPrimitive(cumsumPrimitive, [x], {});
}
// #endregion
