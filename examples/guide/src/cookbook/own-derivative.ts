import assert from 'node:assert/strict';
// #region program
import {
  add,
  constant,
  defineNode,
  evaluate,
  gradient,
  mul,
  neg,
  round,
  stopGradient,
  sub,
  sum,
  type Value,
} from 'pullback';

// Rounding, with the derivative of the identity: the straight-through estimator (Bengio et al. 2013).
const rounded = defineNode('rounded', { forward: (x: Value) => round(x), vjp: (g) => [g] });

// The same without a node: what stopGradient gives is a constant on the way back.
const through = (x: Value) => add(x, stopGradient(sub(round(x), x)));

// Nothing forward, the other sign backward, as for domain adaptation (Ganin and Lempitsky 2015).
const reversed = defineNode('reversed', { forward: (x: Value) => mul(x, 1), vjp: (g) => [neg(g)] });

const x = constant([0.4, 1.6], { dtype: 'float64' });
for (const f of [rounded, through, reversed]) {
  const y = f(x);
  console.log(evaluate([y, ...gradient(sum(mul(y, y)), [x])]).map(({ data }) => data));
}
// #endregion
const both = (f: (v: Value) => Value) => {
  const y = f(x);
  return evaluate([y, ...gradient(sum(mul(y, y)), [x])]).map(({ data }) => [...data]);
};
assert.deepEqual(both(rounded), [
  [0, 2],
  [0, 4],
]);
assert.deepEqual(both(through), [
  [0, 2],
  [0, 4],
]);
assert.deepEqual(both(reversed), [
  [0.4, 1.6],
  [-0.8, -3.2],
]);
