import assert from 'node:assert/strict';
// #region program
import {
  constant,
  evaluate,
  gradient,
  hessianVectorProduct,
  jacobian,
  jvp,
  mul,
  sum,
  type Value,
  vjp,
} from 'pullback';

const f = (x: Value) => mul(x, mul(x, sum(x))); // R^2 to R^2: x_i^2 (x_1 + x_2)
const g = (x: Value) => sum(f(x)); // R^2 to R
const x = constant([1, 2], { dtype: 'float64' });
const v = constant([1, 0], { dtype: 'float64' });

const J = jacobian(f)(x); // [2, 2]: row i is J^T e_i, all of them by one vmap
const [row] = vjp(f)(x)(v); // J^T v: one walk back
const column = jvp(f)(x)(v); // J v: two walks back
const slope = (at: Value) => gradient(g(at), [at])[0] ?? at;
const H = jacobian(slope)(x); // the Hessian: [2, 2]
const [curved] = hessianVectorProduct(g)(x)(v); // H v, without H
console.log(evaluate(J).data, evaluate(H).data);
// #endregion
// By hand: J_ij = 2 x_i s d_ij + x_i^2, and H_ij = 2 x_i + 2 x_j + 2 s d_ij, with s the sum.
const numbers = (value: Value | undefined) => (value === undefined ? [] : [...evaluate(value).data]);
assert.deepEqual(numbers(J), [7, 1, 4, 16]);
assert.deepEqual(numbers(row), [7, 1]);
assert.deepEqual(numbers(column), [7, 4]);
assert.deepEqual(numbers(H), [10, 6, 6, 14]);
assert.deepEqual(numbers(curved), [10, 6]);
