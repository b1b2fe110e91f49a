import type { FloatDType } from '../dtype.ts';
import { div, mul } from '../ops/arithmetic.ts';
import { broadcast } from '../ops/broadcast-sum.ts';
import { cast } from '../ops/cast.ts';
import { equal } from '../ops/comparisons.ts';
import type { Operand } from '../ops/elementwise.ts';
import { maximum, minimum } from '../ops/extrema.ts';
import { exp, log, sqrt, square } from '../ops/functions.ts';
import { iota } from '../ops/iota.ts';
import { ones } from '../ops/leaves.ts';
import { expandDims } from '../ops/reshape.ts';
import type { Value } from '../value.ts';

/** 1 / x */
export function reciprocal(x: Value): Value {
  return div(1, x);
}

/** x kept between `low` and `high`. */
export function clip(x: Value, low: Operand, high: Operand): Value {
  return minimum(maximum(x, low), high);
}

/**
 * x^exponent. Whole exponents by repeated squaring, exact to a few ulp and right for negative x; 1/2 by the square root;
 * others as e^(exponent log x), NaN for negative x.
 */
export function pow(x: Value, exponent: Operand): Value {
  if (typeof exponent !== 'number') return exp(mul(exponent, log(x)));
  if (exponent === 0.5) return sqrt(x);
  if (!Number.isInteger(exponent)) return exp(mul(log(x), exponent));
  if (exponent < 0) return reciprocal(pow(x, -exponent));
  if (exponent === 0) return ones(x.shape, x.dtype);
  if (exponent === 1) return x;
  const half = square(pow(x, Math.floor(exponent / 2)));
  return exponent % 2 === 0 ? half : mul(half, x);
}

/** Rows of zeros with a 1 where int32 `labels` say: shape [...labels, classes]. A label outside gives zeros alone. */
export function oneHot(
  labels: Value,
  classes: number,
  { dtype = 'float32' }: { dtype?: FloatDType } = {},
): Value {
  const shape = [...labels.shape, classes];
  const places = iota(shape, { axis: -1 });
  return cast(equal(places, broadcast(expandDims(labels, -1), shape)), dtype);
}
