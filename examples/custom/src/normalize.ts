import { defineNode, div, mul, norm, sub, sum, type Value } from 'pullback';

// #region node
const kept = { axis: -1, keepAxis: true } as const;

/** Each sample to length 1. J^T g = (g - y <y, g>) / |x|: what lies along y is taken out. */
export const normalize = defineNode('normalize', {
  forward: (x: Value) => div(x, norm(x, kept)),
  vjp: (gradient, { inputs: [x], output: y }) => [
    div(sub(gradient, mul(y, sum(mul(y, gradient), kept))), norm(x, kept)),
  ],
});
// #endregion
