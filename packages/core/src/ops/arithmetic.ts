import { binary, numbers, unary } from './elementwise.ts';

/** -x */
export const neg = unary('neg', { takes: numbers, scalar: (x = 0) => -x, vjp: (g) => [neg(g)] });

/** a + b; both gradients are g. */
export const add = binary('add', { takes: numbers, scalar: (a = 0, b = 0) => a + b, vjp: (g) => [g, g] });

/** a - b; gradients g and -g. */
export const sub = binary('sub', {
  takes: numbers,
  scalar: (a = 0, b = 0) => a - b,
  vjp: (g) => [g, neg(g)],
});

/** The Hadamard product a * b; gradients g b and g a. */
export const mul = binary('mul', {
  takes: numbers,
  scalar: (a = 0, b = 0) => a * b,
  integer: (a = 0, b = 0) => Math.imul(a, b),
  vjp: (g, { inputs: [a, b] }) => [mul(g, b), mul(g, a)],
});

/** a / b; gradients g / b and -g (a/b) / b. Integers are divided towards 0, and by 0 give 0. */
export const div = binary('div', {
  takes: numbers,
  scalar: (a = 0, b = 0) => a / b,
  integer: (a = 0, b = 0) => (b === 0 ? 0 : Math.trunc(a / b)),
  vjp: (g, { inputs: [, b], output: y }) => [div(g, b), neg(div(mul(g, y), b))],
});

/** a - b floor(a / b), of b's sign; the gradient of a is g, that of b is -g floor(a / b). Integers modulo 0 give 0. */
export const mod = binary('mod', {
  takes: numbers,
  scalar: (a = 0, b = 0) => floorMod(a, b),
  integer: (a = 0, b = 0) => (b === 0 ? 0 : floorMod(a, b)),
  vjp: (g, { inputs: [a, b] }) => [g, neg(mul(g, floor(div(a, b))))],
});

/** The largest whole number that is not above x; its derivative is 0. */
export const floor = unary('floor', { takes: numbers, scalar: (x = 0) => Math.floor(x) });

/** The smallest whole number that is not below x; its derivative is 0. */
export const ceil = unary('ceil', { takes: numbers, scalar: (x = 0) => Math.ceil(x) });

/** The nearest whole number, halves to the even one; its derivative is 0. */
export const round = unary('round', { takes: numbers, scalar: (x = 0) => roundHalfEven(x) });

function floorMod(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

function roundHalfEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0);
  const nearest = up ? below + 1 : below;
  return nearest === 0 && (x < 0 || Object.is(x, -0)) ? -0 : nearest;
}
