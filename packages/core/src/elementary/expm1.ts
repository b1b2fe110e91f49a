import { exp } from './exp.ts';
import { log } from './log.ts';

/**
 * e^x - 1 without cancellation near 0: with u = e^x rounded, (u - 1) (x / log u), in which the rounding of u cancels.
 * Error a few ulp. Source: W. Kahan, as given by N. Higham, Accuracy and Stability of Numerical Algorithms, 1.14.1.
 */
export function expm1(x: number): number {
  const u = exp(x);
  if (u === 1) return x;
  if (u - 1 === -1 || u === Infinity) return u - 1;
  // The quotient first: near the largest float the product would overflow.
  return (u - 1) * (x / log(u));
}
