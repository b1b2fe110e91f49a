import * as scalar from '../scalar/operations.ts';
import { of1, of2 } from '../scalar/scalar.ts';
import { binary, numbers, unary } from './elementwise.ts';

/** -x */
export const neg = unary('neg', { takes: numbers, formula: of1(scalar.neg), vjp: (g) => [neg(g)] });

/** a + b; both gradients are g. */
export const add = binary('add', { takes: numbers, formula: of2(scalar.add), vjp: (g) => [g, g] });

/** a - b; gradients g and -g. */
export const sub = binary('sub', { takes: numbers, formula: of2(scalar.sub), vjp: (g) => [g, neg(g)] });

/** The Hadamard product a * b; gradients g b and g a. */
export const mul = binary('mul', {
  takes: numbers,
  formula: of2(scalar.mul),
  vjp: (g, { inputs: [a, b] }) => [mul(g, b), mul(g, a)],
});

/** a / b; gradients g / b and -g (a/b) / b. Integers are divided towards 0, and by 0 give 0. */
export const div = binary('div', {
  takes: numbers,
  formula: of2(scalar.div),
  vjp: (g, { inputs: [, b], output: y }) => [div(g, b), neg(div(mul(g, y), b))],
});

/** a - b floor(a / b), of b's sign; the gradient of a is g, that of b is -g floor(a / b). Integers modulo 0 give 0. */
export const mod = binary('mod', {
  takes: numbers,
  formula: of2((a, b) => {
    const rest = scalar.rest(a, b);
    const differs = scalar.xor(scalar.less(rest, 0), scalar.less(b, 0));
    const moves = scalar.and(scalar.not(scalar.equal(rest, 0)), differs);
    return scalar.select(moves, scalar.add(rest, b), rest);
  }),
  vjp: (g, { inputs: [a, b] }) => [g, neg(mul(g, floor(div(a, b))))],
});

/** The largest whole number that is not above x; its derivative is 0. */
export const floor = unary('floor', { takes: numbers, formula: of1(ofFraction(scalar.floor)) });

/** The smallest whole number that is not below x; its derivative is 0. */
export const ceil = unary('ceil', { takes: numbers, formula: of1(ofFraction(scalar.ceil)) });

/** The nearest whole number, halves to the even one; its derivative is 0. */
export const round = unary('round', { takes: numbers, formula: of1(ofFraction(scalar.nearest)) });

/** `f` of floats; integers are whole. */
function ofFraction(f: typeof scalar.floor): typeof scalar.floor {
  return (x) => (x.type === 'int32' ? x : f(x));
}
