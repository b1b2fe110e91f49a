import assert from 'node:assert/strict';
// #region program
import { add, constant, defineNode, div, evaluate, gradient, mul, sub, type Value } from 'pullback';

// y = sqrt(a), as the fixed point of y <- (y + a / y) / 2. F(y, a) = y^2 - a = 0 says dy/da = -F_a / F_y = 1 / (2 y),
// so that the way back knows nothing of the twenty steps.
const root = defineNode('root', {
  forward: (a: Value) => {
    let y = add(mul(a, 0), 1);
    for (let i = 0; i < 20; i++) y = mul(add(y, div(a, y)), 0.5);
    return y;
  },
  vjp: (g, { output: y }) => [div(g, mul(2, y))],
});

const a = constant([2, 9], { dtype: 'float64' });
const [slope] = gradient(root(a), [a], constant([1, 1], { dtype: 'float64' })); // the last is what arrives at root(a)
console.log(evaluate(root(a)).data, slope && evaluate(slope).data);
// #endregion
[Math.SQRT2, 3].forEach((y, i) => {
  assert.ok(Math.abs(Number(evaluate(root(a)).data[i]) - y) < 1e-15);
  assert.ok(slope !== undefined && Math.abs(Number(evaluate(slope).data[i]) - 1 / (2 * y)) < 1e-15);
});
assert.equal(evaluate(sub(a, a)).data[0], 0);
