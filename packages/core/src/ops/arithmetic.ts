import { exp as exponential } from '../elementary/exp.ts';
import { log as logarithm } from '../elementary/log.ts';
import { binary, unary } from './elementwise.ts';

/** -x */
export const neg = unary('neg', { scalar: (x = 0) => -x, vjp: (g) => [neg(g)] });

/** a + b; both gradients are g. */
export const add = binary('add', { scalar: (a = 0, b = 0) => a + b, vjp: (g) => [g, g] });

/** a - b; gradients g and -g. */
export const sub = binary('sub', { scalar: (a = 0, b = 0) => a - b, vjp: (g) => [g, neg(g)] });

/** The Hadamard product a * b; gradients g b and g a. */
export const mul = binary('mul', {
  scalar: (a = 0, b = 0) => a * b,
  vjp: (g, { inputs: [a, b] }) => [mul(g, b), mul(g, a)],
});

/** a / b; gradients g / b and -g (a/b) / b. */
export const div = binary('div', {
  scalar: (a = 0, b = 0) => a / b,
  vjp: (g, { inputs: [, b], output: y }) => [div(g, b), neg(div(mul(g, y), b))],
});

/** e^x; its derivative is its output. */
export const exp = unary('exp', {
  scalar: (x = 0) => exponential(x),
  vjp: (g, { output: y }) => [mul(g, y)],
});

/** The natural logarithm; gradient g / x. */
export const log = unary('log', {
  scalar: (x = 0) => logarithm(x),
  vjp: (g, { inputs: [x] }) => [div(g, x)],
});
