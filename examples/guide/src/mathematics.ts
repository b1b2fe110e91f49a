import assert from 'node:assert/strict';
import {
  compile,
  constant,
  evaluate,
  gradient,
  hessianVectorProduct,
  jacobian,
  jvp,
  matmul,
  mul,
  ones,
  perSampleGradients,
  square,
  sum,
  tanh,
  type Value,
  vjp,
  vmap,
} from 'pullback';

// #region evaluate
const f = (x: Value, w: Value) => sum(tanh(matmul(w, x)));
const [x, w] = [constant([[1], [2], [3]]), ones([2, 3])];
console.log(evaluate(f(x, w))); // a number, no ceremony
const [dx, dw] = gradient(f(x, w), [x, w]); // Values again: gradients have gradients
// #endregion
assert.ok(dx && dw);

// #region compile
const run = await compile((a, b) => [f(a, b), ...gradient(f(a, b), [a, b])], {
  inputs: [
    [3, 1],
    [2, 3],
  ],
  dtype: 'float64',
  backend: 'cpu',
});
const [value, ...slopes] = await run(
  [[1], [2], [3]],
  [
    [1, 1, 1],
    [1, 1, 1],
  ],
);
// #endregion
assert.equal(slopes.length, 2);
assert.ok(Math.abs((value?.data[0] ?? 0) - 2 * Math.tanh(6)) < 1e-14);

// #region transforms
const g = (v: Value) => mul(v, sum(square(v)));
const v = constant([1, 2], { dtype: 'float64' });
const u = constant([1, 0], { dtype: 'float64' });
const matrix = jacobian(g)(v); // J
const [pulled] = vjp(g)(v)(u); // J^T u
const pushed = jvp(g)(v)(u); // J u
const [curved] = hessianVectorProduct((a) => sum(g(a)))(v)(u); // H u
// #endregion
// By hand: J = |v|^2 I + 2 v v^T, and the Hessian of sum(v) |v|^2 is 2 (1 v^T + v 1^T + sum(v) I).
assert.deepEqual(evaluate(matrix).data, Float64Array.of(7, 4, 4, 13));
assert.deepEqual(pulled && evaluate(pulled).data, Float64Array.of(7, 4));
assert.deepEqual(evaluate(pushed).data, Float64Array.of(7, 4));
assert.deepEqual(curved && evaluate(curved).data, Float64Array.of(10, 6));

// #region vmap
const samples = constant(
  [
    [1, 2, 3],
    [4, 5, 6],
  ],
  { dtype: 'float64' },
);
const weights = constant([1, 1, 1], { dtype: 'float64' });
const lengths = vmap((s) => sum(square(s)))(samples); // one number for each row
const [each] = perSampleGradients((s) => square(sum(mul(s, weights))), [samples], [weights]); // [2, 3]
// #endregion
assert.deepEqual(evaluate(lengths).data, Float64Array.of(14, 77));
assert.deepEqual(each && evaluate(each).data, Float64Array.of(12, 24, 36, 120, 150, 180));
