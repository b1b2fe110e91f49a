import { pow as powerOf } from '../scalar/functions/power.ts';
import { of2 } from '../scalar/scalar.ts';
import { mul, sub } from './arithmetic.ts';
import { and, equal, lessEqual } from './comparisons.ts';
import { binary, floats } from './elementwise.ts';
import { log } from './functions.ts';
import { select } from './select.ts';

/**
 * y = x^p, as IEEE 754 has it. grad_x = g p x^(p-1), which is 0 for x = p = 0; grad_p = g y log x, which is 0 at x = 0 for p from 0 up, and NaN for
 * negative x, where x^p is defined at whole p alone. At p = 0 both factors of grad_x stay, so that its derivative by p is 1/x there.
 */
export const power = binary('pow', {
  takes: floats,
  formula: of2((x, p, { doubles }) => powerOf(x, p, doubles)),
  vjp: (g, { inputs: [x, p], output: y }) => {
    const atZero = equal(x, 0);
    return [
      select(and(atZero, equal(p, 0)), 0, mul(g, mul(p, power(x, sub(p, 1))))),
      select(and(atZero, lessEqual(0, p)), 0, mul(g, mul(y, log(x)))),
    ];
  },
});
