import * as scalar from '../scalar/operations.ts';
import { of2 } from '../scalar/scalar.ts';
import { div } from './arithmetic.ts';
import { equal, less } from './comparisons.ts';
import { binary, numbers } from './elementwise.ts';
import { select } from './select.ts';

/** The larger of a and b, NaN when either is; a tie shares the gradient equally. */
export const maximum = binary('maximum', {
  takes: numbers,
  formula: of2(scalar.max),
  vjp: (g, { inputs: [a, b] }) => {
    const half = select(equal(a, b), div(g, 2), 0);
    return [select(less(b, a), g, half), select(less(a, b), g, half)];
  },
});

/** The smaller of a and b, NaN when either is; a tie shares the gradient equally. */
export const minimum = binary('minimum', {
  takes: numbers,
  formula: of2(scalar.min),
  vjp: (g, { inputs: [a, b] }) => {
    const half = select(equal(a, b), div(g, 2), 0);
    return [select(less(a, b), g, half), select(less(b, a), g, half)];
  },
});
