import { log1p as logarithm1p } from '../elementary/log1p.ts';
import { tanh as hyperbolicTangent } from '../elementary/tanh.ts';
import { add, div, mul, sub } from './arithmetic.ts';
import { unary } from './elementwise.ts';

/** -1, 0 or 1; its gradient is 0. */
export const sign = unary('sign', { scalar: (x = 0) => Math.sign(x), vjp: () => [undefined] });

/** |x|; the derivative at 0 is 0. */
export const abs = unary('abs', {
  scalar: (x = 0) => Math.abs(x),
  vjp: (g, { inputs: [x] }) => [mul(g, sign(x))],
});

/** The square root; gradient g / (2 y). */
export const sqrt = unary('sqrt', {
  scalar: (x = 0) => Math.sqrt(x),
  vjp: (g, { output: y }) => [div(g, mul(2, y))],
});

/** log(1 + x), exact near 0; gradient g / (1 + x). */
export const log1p = unary('log1p', {
  scalar: (x = 0) => logarithm1p(x),
  vjp: (g, { inputs: [x] }) => [div(g, add(1, x))],
});

/** The hyperbolic tangent; with y the output, J^T g = (1 - y^2) g. (3.1.2) */
export const tanh = unary('tanh', {
  scalar: (x = 0) => hyperbolicTangent(x),
  vjp: (g, { output: y }) => [mul(g, sub(1, mul(y, y)))],
});

/** x^2 */
export const square = unary('square', {
  scalar: (x = 0) => x * x,
  vjp: (g, { inputs: [x] }) => [mul(g, mul(2, x))],
});
