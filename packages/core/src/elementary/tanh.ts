import { expm1 } from './expm1.ts';

/**
 * tanh x = -m / (m + 2) with m = e^(-2|x|) - 1, odd in x: no overflow, no cancellation near 0, and -0 stays -0.
 * Error a few ulp.
 */
export function tanh(x: number): number {
  if (x === 0) return x;
  const m = expm1(-2 * Math.abs(x));
  const y = -m / (m + 2);
  return x < 0 ? -y : y;
}
