import assert from 'node:assert/strict';
// #region program
import {
  constant,
  div,
  evaluate,
  maximum,
  mul,
  norm,
  perSampleGradients,
  square,
  sub,
  sum,
  type Value,
  vmap,
} from 'pullback';

const x = constant(
  [
    [1, 2],
    [3, 4],
    [0, 1],
  ],
  { dtype: 'float64' },
); // three samples
const t = constant([1, 0, 2], { dtype: 'float64' });
const w = constant([0.5, -0.5], { dtype: 'float64' });
const error = (sample: Value, target: Value) => square(sub(sum(mul(sample, w)), target)); // of one sample

const errors = vmap(error)(x, t); // [3], as a loop over samples would give
const [each = x] = perSampleGradients(error, [x, t], [w]); // [3, 2]: a row for each sample
const lengths = norm(each, { axis: 1, keepAxis: true });
const clipped = sum(div(each, maximum(lengths, 1)), { axis: 0 }); // every row at most of length 1, as differential privacy wants it
console.log(evaluate([errors, each, clipped]).map(({ data }) => data));
// #endregion
// By hand: 2 (x w - t) x.
assert.deepEqual([...evaluate(errors).data], [2.25, 0.25, 6.25]);
assert.deepEqual([...evaluate(each).data], [-3, -6, -3, -4, -0, -5]);
const expected = [-3 / Math.hypot(3, 6) - 3 / 5, -6 / Math.hypot(3, 6) - 4 / 5 - 1];
for (const [i, value] of evaluate(clipped).data.entries())
  assert.ok(Math.abs(Number(value) - (expected[i] ?? 0)) < 1e-15);
