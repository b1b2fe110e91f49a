import { div } from './arithmetic.ts';
import { equal, less } from './comparisons.ts';
import { binary, numbers } from './elementwise.ts';
import { select } from './select.ts';

/** The larger of a and b, NaN when either is; a tie shares the gradient equally. */
export const maximum = binary('maximum', {
  takes: numbers,
  scalar: (a = 0, b = 0) => Math.max(a, b),
  vjp: (g, { inputs: [a, b] }) => {
    const half = select(equal(a, b), div(g, 2), 0);
    return [select(less(b, a), g, half), select(less(a, b), g, half)];
  },
});

/** The smaller of a and b, NaN when either is; a tie shares the gradient equally. */
export const minimum = binary('minimum', {
  takes: numbers,
  scalar: (a = 0, b = 0) => Math.min(a, b),
  vjp: (g, { inputs: [a, b] }) => {
    const half = select(equal(a, b), div(g, 2), 0);
    return [select(less(a, b), g, half), select(less(b, a), g, half)];
  },
});
