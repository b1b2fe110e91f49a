import type { Value } from '../graph/value.ts';
import * as scalar from '../scalar/operations.ts';
import { of1, of2 } from '../scalar/scalar.ts';
import { binary, everything, numbers, type Operand, unary } from './elementwise.ts';

/** a = b, as bool; NaN equals nothing. No gradient, as all of these. */
export const equal = binary('equal', {
  takes: everything,
  gives: 'bool',
  formula: of2(scalar.equal),
});

/** a < b, as bool. */
export const less = binary('less', {
  takes: numbers,
  gives: 'bool',
  formula: of2(scalar.less),
});

/** a <= b, as bool. */
export const lessEqual = binary('lessEqual', {
  takes: numbers,
  gives: 'bool',
  formula: of2(scalar.lessEqual),
});

/** a and b, of bools. */
export const and = binary('and', { takes: ['bool'], formula: of2(scalar.and) });

/** a or b, of bools. */
export const or = binary('or', { takes: ['bool'], formula: of2(scalar.or) });

/** not a, of bools. */
export const not = unary('not', { takes: ['bool'], formula: of1(scalar.not) });

/** a > b, as bool. */
export function greater(a: Operand, b: Operand): Value {
  return less(b, a);
}

/** a >= b, as bool. */
export function greaterEqual(a: Operand, b: Operand): Value {
  return lessEqual(b, a);
}
