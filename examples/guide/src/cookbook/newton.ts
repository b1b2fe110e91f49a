import assert from 'node:assert/strict';
// #region program
import { compile, div, exp, gradient, mul, sub, sum, type Value } from 'pullback';

// The least of e^x - 2x for several starts at once, by Newton: x - f' / f''. One graph, compiled once, is called at every step.
const f = (x: Value) => sum(sub(exp(x), mul(2, x)));
const step = await compile(
  (x) => {
    const [slope = x] = gradient(f(x), [x]);
    const [curvature = x] = gradient(sum(slope), [x]); // elementwise: the diagonal is all of the Hessian
    return sub(x, div(slope, curvature));
  },
  { inputs: [[3]], dtype: 'float64', backend: 'wasm' },
);
let x: ArrayLike<number | bigint> = [0, 1, 2];
for (let i = 0; i < 8; i++) x = (await step(Array.from(x, Number)))[0]?.data ?? x;
console.log(x); // log 2, three times
// #endregion
for (const found of Array.from(x, Number)) assert.ok(Math.abs(found - Math.LN2) < 1e-14);
