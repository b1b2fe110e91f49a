import assert from 'node:assert/strict';
// #region program
import { constant, evaluate, gradient, mul, square, sub, sum, type Value } from 'pullback';

// A gradient through a step of training, as in MAML (Finn et al. 2017): weights that are good after one step on a task.
const errorOf = (w: Value, t: Value) => sum(square(sub(w, t)));
const step = (w: Value, t: Value) => {
  const [slope = w] = gradient(errorOf(w, t), [w]);
  return sub(w, mul(0.25, slope));
};
const w = constant([0, 1], { dtype: 'float64' });
const [seen, unseen] = [constant([1, 1], { dtype: 'float64' }), constant([1, 3], { dtype: 'float64' })];
const [slope] = gradient(errorOf(step(w, seen), unseen), [w]);
console.log(slope && evaluate(slope).data);
// #endregion
// By hand: w' = w - (w - s) / 2 = (w + s) / 2, E = |w' - u|^2, dE/dw = w' - u.
assert.deepEqual(slope && [...evaluate(slope).data], [-0.5, -2]);
