import assert from 'node:assert/strict';
// #region program
import { add, constant, evaluate, gradient, mul, scan, sub } from 'pullback';

// A spring, 100 steps of symplectic Euler: how does its last place depend on the stiffness and on the first speed?
const [stiffness, speed] = [constant(1, { dtype: 'float64' }), constant(0.5, { dtype: 'float64' })];
const dt = 0.01;
const start = { place: constant(1, { dtype: 'float64' }), speed };
const { carries: last } = scan(
  ({ place, speed: v }) => {
    const faster = sub(v, mul(dt, mul(stiffness, place)));
    return { carries: { place: add(place, mul(dt, faster)), speed: faster }, outputs: [] };
  },
  start,
  [], // no sequence: only a number of steps
  { length: 100, checkpoint: 10 }, // every tenth state is kept, the others are computed again
);
const [value, byStiffness, bySpeed] = evaluate([last.place, ...gradient(last.place, [stiffness, speed])]);
console.log(value?.data[0], byStiffness?.data[0], bySpeed?.data[0]);
// #endregion
// x(t) = cos wt + v/w sin wt with w = sqrt k: dx/dv = sin t, and Euler is a percent away from it.
assert.ok(Math.abs((bySpeed?.data[0] as number) - Math.sin(1)) < 0.01);
// dx/dk at k = 1, t = 1: (-t sin t + v (t cos t - sin t)) / 2
const k = (-Math.sin(1) + 0.5 * (Math.cos(1) - Math.sin(1))) / 2;
assert.ok(Math.abs((byStiffness?.data[0] as number) - k) < 0.01);
