import { erf as errorFunction } from '../scalar/functions/error-function.ts';
import { exp as exponential, expm1 as exponentialMinus1 } from '../scalar/functions/exponential.ts';
import { tanh as hyperbolicTangent } from '../scalar/functions/hyperbolic-tangent.ts';
import { log as logarithm, log1p as logarithm1p } from '../scalar/functions/logarithm.ts';
import { cos as cosine, sin as sine } from '../scalar/functions/trigonometric.ts';
import * as scalar from '../scalar/operations.ts';
import { of1, type Scalar } from '../scalar/scalar.ts';
import { add, div, mul, neg, sub } from './arithmetic.ts';
import { floats, numbers, unary } from './elementwise.ts';

/** -1, 0 or 1; its derivative is 0. */
export const sign = unary('sign', { takes: numbers, formula: of1(signOf) });

function signOf(x: Scalar): Scalar {
  if (x.type === 'int32') return scalar.max(scalar.min(x, 1), -1);
  const one = scalar.withSign(scalar.number(1, x.type), x);
  return scalar.select(scalar.less(0, scalar.abs(x)), one, x);
}

/** |x|; the derivative at 0 is 0. */
export const abs = unary('abs', {
  takes: numbers,
  formula: of1(scalar.abs),
  vjp: (g, { inputs: [x] }) => [mul(g, sign(x))],
});

/** x^2 */
export const square = unary('square', {
  takes: numbers,
  formula: of1((x) => scalar.mul(x, x)),
  vjp: (g, { inputs: [x] }) => [mul(g, mul(2, x))],
});

/** The square root; gradient g / (2 y). */
export const sqrt = unary('sqrt', {
  takes: floats,
  formula: of1(scalar.sqrt),
  vjp: (g, { output: y }) => [div(g, mul(2, y))],
});

/** e^x; its derivative is its output. */
export const exp = unary('exp', {
  takes: floats,
  formula: of1(exponential),
  vjp: (g, { output: y }) => [mul(g, y)],
});

/** e^x - 1, exact near 0; gradient g e^x, since its output plus 1 cancels below 0. */
export const expm1 = unary('expm1', {
  takes: floats,
  formula: of1(exponentialMinus1),
  vjp: (g, { inputs: [x] }) => [mul(g, exp(x))],
});

/** The natural logarithm; gradient g / x. */
export const log = unary('log', {
  takes: floats,
  formula: of1(logarithm),
  vjp: (g, { inputs: [x] }) => [div(g, x)],
});

/** log(1 + x), exact near 0; gradient g / (1 + x). */
export const log1p = unary('log1p', {
  takes: floats,
  formula: of1(logarithm1p),
  vjp: (g, { inputs: [x] }) => [div(g, add(1, x))],
});

/** The hyperbolic tangent; with y the output, J^T g = (1 - y^2) g. (3.1.2) */
export const tanh = unary('tanh', {
  takes: floats,
  formula: of1(hyperbolicTangent),
  vjp: (g, { output: y }) => [mul(g, sub(1, mul(y, y)))],
});

/** The sine; gradient g cos x. */
export const sin = unary('sin', {
  takes: floats,
  formula: of1((x, { doubles }) => sine(x, doubles)),
  vjp: (g, { inputs: [x] }) => [mul(g, cos(x))],
});

/** The cosine; gradient -g sin x. */
export const cos = unary('cos', {
  takes: floats,
  formula: of1((x, { doubles }) => cosine(x, doubles)),
  vjp: (g, { inputs: [x] }) => [neg(mul(g, sin(x)))],
});

/** The error function, 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x; gradient g 2/sqrt(pi) e^(-x^2). */
export const erf = unary('erf', {
  takes: floats,
  formula: of1(errorFunction),
  vjp: (g, { inputs: [x] }) => [mul(g, mul(exp(neg(square(x))), 2 / Math.sqrt(Math.PI)))],
});
