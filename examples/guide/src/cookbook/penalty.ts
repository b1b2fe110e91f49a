import assert from 'node:assert/strict';
// #region program
import { add, constant, evaluate, gradient, matmul, mean, mul, square, sub, sum, tanh } from 'pullback';

// A penalty on the slope at the input (Drucker and Le Cun 1992): the error has a gradient in it, and is differentiated like any other.
const x = constant(
  [
    [0.5, -1],
    [1, 2],
  ],
  { dtype: 'float64' },
);
const t = constant([[1], [0]], { dtype: 'float64' });
const w = constant([[0.3], [-0.2]], { dtype: 'float64' });

const y = tanh(matmul(x, w));
const [slope = x] = gradient(sum(y), [x]); // (1 - y^2) w^T for every sample
const error = add(mean(square(sub(y, t))), mul(0.1, mean(square(slope))));
const [dw = w] = gradient(error, [w]);
console.log(evaluate([error, dw]).map(({ data }) => data));
// #endregion
// Central differences of the same error in plain numbers.
const errorOf = ([a = 0, b = 0]: readonly number[]) => {
  const rows = [
    [0.5, -1, 1],
    [1, 2, 0],
  ].map(([p = 0, q = 0, target = 0]) => {
    const out = Math.tanh(p * a + q * b);
    return [(out - target) ** 2 / 2, (((1 - out * out) * a) ** 2 + ((1 - out * out) * b) ** 2) / 4] as const;
  });
  return rows.reduce((total, [squared, flat]) => total + squared + 0.1 * flat, 0);
};
const h = 1e-5;
const differences = [
  (errorOf([0.3 + h, -0.2]) - errorOf([0.3 - h, -0.2])) / (2 * h),
  (errorOf([0.3, -0.2 + h]) - errorOf([0.3, -0.2 - h])) / (2 * h),
];
for (const [i, value] of evaluate(dw).data.entries())
  assert.ok(Math.abs(Number(value) - (differences[i] ?? 0)) < 1e-9);
