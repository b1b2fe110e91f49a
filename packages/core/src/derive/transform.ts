import type { Value } from '../graph/value.ts';
import { oneHot } from '../math/algebra.ts';
import { add, mul } from '../ops/arithmetic.ts';
import { sum } from '../ops/broadcast-sum.ts';
import { iota } from '../ops/iota.ts';
import { fill } from '../ops/leaves.ts';
import { reshape } from '../ops/reshape.ts';
import { sizeOf } from '../tensors/shape.ts';
import { gradient } from './gradient.ts';
import { vmap } from './vmap.ts';

/** A function of Values. */
export type ValueFunction = (...x: Value[]) => Value;

/** u -> J^T u, one for each argument of `f`, at x. (1.2) */
export function vjp(f: ValueFunction): (...x: Value[]) => (u: Value) => Value[] {
  return (...x) => {
    const y = f(...x);
    return (u) => gradient(y, x, u);
  };
}

/**
 * (v1, ..., vn) -> J v at x. J^T u is linear in u, so J v is the gradient of <J^T u, v> at u, wherever u stands.
 */
export function jvp(f: ValueFunction): (...x: Value[]) => (...v: Value[]) => Value {
  return (...x) => {
    const y = f(...x);
    return (...v) => {
      const u = fill(0, y.shape, y.dtype);
      const [product = u] = gradient(inner(gradient(y, x, u), v, y), [u]);
      return product;
    };
  };
}

/** The matrix J of `f` in its first argument, all rows in one J^T: rows are components of f(x), columns of x. */
export function jacobian(f: ValueFunction): (...x: Value[]) => Value {
  return (...x) => {
    const y = f(...x);
    const [first = y] = x;
    const rows = sizeOf(y.shape);
    const units = reshape(
      oneHot(iota([rows]), rows, { dtype: y.dtype === 'float64' ? 'float64' : 'float32' }),
      [rows, ...y.shape],
    );
    const J = vmap((unit: Value) => gradient(y, [first], unit)[0] ?? unit)(units);
    return reshape(J, [rows, sizeOf(first.shape)]);
  };
}

/** (v1, ..., vn) -> H v of a scalar `f` at x, without H: the gradient of <grad f, v>. */
export function hessianVectorProduct(f: ValueFunction): (...x: Value[]) => (...v: Value[]) => Value[] {
  return (...x) => {
    const y = f(...x);
    const first = gradient(y, x);
    return (...v) => gradient(inner(first, v, y), x);
  };
}

/** <a, b> over all arguments. */
function inner(a: readonly Value[], b: readonly Value[], like: Value): Value {
  const parts = a.flatMap((value, i) => {
    const other = b[i];
    return other === undefined ? [] : [sum(mul(value, other))];
  });
  return parts.reduce(add, fill(0, [], like.dtype));
}
