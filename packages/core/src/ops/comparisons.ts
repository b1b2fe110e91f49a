import type { Value } from '../value.ts';
import { binary, everything, numbers, type Operand, unary } from './elementwise.ts';

/** a = b, as bool; NaN equals nothing. No gradient, as all of these. */
export const equal = binary('equal', {
  takes: everything,
  gives: 'bool',
  scalar: (a = 0, b = 0) => (a === b ? 1 : 0),
});

/** a < b, as bool. */
export const less = binary('less', {
  takes: numbers,
  gives: 'bool',
  scalar: (a = 0, b = 0) => (a < b ? 1 : 0),
});

/** a <= b, as bool. */
export const lessEqual = binary('lessEqual', {
  takes: numbers,
  gives: 'bool',
  scalar: (a = 0, b = 0) => (a <= b ? 1 : 0),
});

/** a and b, of bools. */
export const and = binary('and', { takes: ['bool'], scalar: (a = 0, b = 0) => a & b });

/** a or b, of bools. */
export const or = binary('or', { takes: ['bool'], scalar: (a = 0, b = 0) => a | b });

/** not a, of bools. */
export const not = unary('not', { takes: ['bool'], scalar: (a = 0) => 1 - a });

/** a > b, as bool. */
export function greater(a: Operand, b: Operand): Value {
  return less(b, a);
}

/** a >= b, as bool. */
export function greaterEqual(a: Operand, b: Operand): Value {
  return lessEqual(b, a);
}
