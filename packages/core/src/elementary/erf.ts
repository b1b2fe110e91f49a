import { exp } from './exp.ts';

const twoOverRootPi = 1.1283791670955126;

/**
 * The error function 2/sqrt(pi) times the integral of e^(-t^2) from 0 to x: below 2 by its series
 * 2/sqrt(pi) e^(-x^2) sum x (2 x^2)^k / (1 3 5 ... (2k+1)), all of whose terms have one sign, above by the continued fraction of
 * erfc from a fixed depth. Odd, right to a few ulp, +-1 from 6 on. Source: Abramowitz and Stegun 7.1.6 and 7.1.14.
 */
export function erf(x: number): number {
  const z = Math.abs(x);
  if (x === 0 || Number.isNaN(x)) return x;
  if (z >= 6) return Math.sign(x);
  return Math.sign(x) * (z < 2 ? series(z) : 1 - complement(z));
}

// Horner's scheme from the last of 60 terms: the small ones are added first.
function series(z: number): number {
  const twice = 2 * z * z;
  let sum = 1;
  for (let k = 60; k >= 1; k--) sum = 1 + (twice / (2 * k + 1)) * sum;
  return twoOverRootPi * expOfMinusSquare(z) * z * sum;
}

function complement(z: number): number {
  let fraction = z;
  for (let k = 60; k >= 1; k--) fraction = z + k / 2 / fraction;
  return (expOfMinusSquare(z) / fraction) * (twoOverRootPi / 2);
}

/** e^(-z^2) without the rounding error of z^2: z = a + b with a in 24 bits, whose square is exact. */
function expOfMinusSquare(z: number): number {
  const a = Math.fround(z);
  return exp(-a * a) * exp(-(z - a) * (z + a));
}
