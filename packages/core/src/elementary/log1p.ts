import { log } from './log.ts';

/**
 * log(1 + x) without cancellation near 0: with u = 1 + x rounded, log(u) x / (u - 1), in which the rounding of u cancels.
 * Error a few ulp. Source: W. Kahan, as given by N. Higham, Accuracy and Stability of Numerical Algorithms, 1.14.1.
 */
export function log1p(x: number): number {
  const u = 1 + x;
  if (u === 1) return x;
  if (u === Infinity) return u;
  return (log(u) * x) / (u - 1);
}
