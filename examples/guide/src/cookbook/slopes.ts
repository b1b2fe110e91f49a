import assert from 'node:assert/strict';
// #region program
import { constant, evaluate, gradient, matmul, mul, sum, tanh } from 'pullback';

const x = constant([[1, 2]], { dtype: 'float64' });
const w = constant([[0.5], [-0.25]], { dtype: 'float64' });
const y = sum(tanh(matmul(x, w)));
const [value, dx, dw] = evaluate([y, ...gradient(y, [x, w])]); // value and slopes, computed together
console.log(value?.data, dx?.data, dw?.data); // [0], [0.5, -0.25], [1, 2]

const t = constant(2, { dtype: 'float64' });
const cube = mul(t, mul(t, t));
const [first = t] = gradient(cube, [t]); // a Value, and so it has a gradient too
const [second = t] = gradient(first, [t]);
console.log(evaluate([first, second]).map(({ data }) => data[0])); // 3 t^2 = 12, 6 t = 12
// #endregion
assert.deepEqual([...(value?.data ?? [])], [0]);
assert.deepEqual([...(dx?.data ?? [])], [0.5, -0.25]);
assert.deepEqual([...(dw?.data ?? [])], [1, 2]);
assert.deepEqual([...evaluate(first).data, ...evaluate(second).data], [12, 12]);
