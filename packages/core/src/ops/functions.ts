import { erf as errorFunction } from '../elementary/erf.ts';
import { exp as exponential } from '../elementary/exp.ts';
import { expm1 as exponentialMinus1 } from '../elementary/expm1.ts';
import { log as logarithm } from '../elementary/log.ts';
import { log1p as logarithm1p } from '../elementary/log1p.ts';
import { tanh as hyperbolicTangent } from '../elementary/tanh.ts';
import { cos as cosine, sin as sine } from '../elementary/trigonometric.ts';
import { add, div, mul, neg, sub } from './arithmetic.ts';
import { floats, numbers, unary } from './elementwise.ts';

/** -1, 0 or 1; its derivative is 0. */
export const sign = unary('sign', { takes: numbers, scalar: (x = 0) => Math.sign(x) });

/** |x|; the derivative at 0 is 0. */
export const abs = unary('abs', {
  takes: numbers,
  scalar: (x = 0) => Math.abs(x),
  vjp: (g, { inputs: [x] }) => [mul(g, sign(x))],
});

/** x^2 */
export const square = unary('square', {
  takes: numbers,
  scalar: (x = 0) => x * x,
  integer: (x = 0) => Math.imul(x, x),
  vjp: (g, { inputs: [x] }) => [mul(g, mul(2, x))],
});

/** The square root; gradient g / (2 y). */
export const sqrt = unary('sqrt', {
  takes: floats,
  scalar: (x = 0) => Math.sqrt(x),
  vjp: (g, { output: y }) => [div(g, mul(2, y))],
});

/** e^x; its derivative is its output. */
export const exp = unary('exp', {
  takes: floats,
  scalar: (x = 0) => exponential(x),
  vjp: (g, { output: y }) => [mul(g, y)],
});

/** e^x - 1, exact near 0; gradient g e^x, since its output plus 1 cancels below 0. */
export const expm1 = unary('expm1', {
  takes: floats,
  scalar: (x = 0) => exponentialMinus1(x),
  vjp: (g, { inputs: [x] }) => [mul(g, exp(x))],
});

/** The natural logarithm; gradient g / x. */
export const log = unary('log', {
  takes: floats,
  scalar: (x = 0) => logarithm(x),
  vjp: (g, { inputs: [x] }) => [div(g, x)],
});

/** log(1 + x), exact near 0; gradient g / (1 + x). */
export const log1p = unary('log1p', {
  takes: floats,
  scalar: (x = 0) => logarithm1p(x),
  vjp: (g, { inputs: [x] }) => [div(g, add(1, x))],
});

/** The hyperbolic tangent; with y the output, J^T g = (1 - y^2) g. (3.1.2) */
export const tanh = unary('tanh', {
  takes: floats,
  scalar: (x = 0) => hyperbolicTangent(x),
  vjp: (g, { output: y }) => [mul(g, sub(1, mul(y, y)))],
});

/** The sine; gradient g cos x. */
export const sin = unary('sin', {
  takes: floats,
  scalar: (x = 0) => sine(x),
  vjp: (g, { inputs: [x] }) => [mul(g, cos(x))],
});

/** The cosine; gradient -g sin x. */
export const cos = unary('cos', {
  takes: floats,
  scalar: (x = 0) => cosine(x),
  vjp: (g, { inputs: [x] }) => [neg(mul(g, sin(x)))],
});

/** The error function, 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x; gradient g 2/sqrt(pi) e^(-x^2). */
export const erf = unary('erf', {
  takes: floats,
  scalar: (x = 0) => errorFunction(x),
  vjp: (g, { inputs: [x] }) => [mul(g, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI)))],
});
