import type { Value } from '../graph/value.ts';
import { div, mul } from '../ops/arithmetic.ts';
import { broadcast } from '../ops/broadcast-sum.ts';
import { cast } from '../ops/cast.ts';
import { equal } from '../ops/comparisons.ts';
import type { Operand } from '../ops/elementwise.ts';
import { maximum, minimum } from '../ops/extrema.ts';
import { sqrt, square } from '../ops/functions.ts';
import { iota } from '../ops/iota.ts';
import { ones } from '../ops/leaves.ts';
import { power } from '../ops/pow.ts';
import { expandDims } from '../ops/reshape.ts';
import { select } from '../ops/select.ts';
import { checkOptions } from '../options/check-options.ts';
import { floatFields } from '../options/op-fields.ts';
import type { FloatDType } from '../tensors/dtype.ts';

/** 1 / x */
export function reciprocal(x: Value): Value {
  return div(1, x);
}

/**
 * weight x, where a weight of 0 leaves out whatever x is, NaN and infinities included, and its gradient: g weight at x; at the weight
 * g x, and 0 where it leaves out.
 */
export function weigh(x: Value, weight: Value): Value {
  return select(equal(weight, 0), 0, mul(x, weight));
}

/** x kept between `low` and `high`. */
export function clip(x: Value, low: Operand, high: Operand): Value {
  return minimum(maximum(x, low), high);
}

/** Whole exponents up to this are products. */
const mostProducts = 64;

/**
 * x^exponent, as IEEE 754 has it: right for whole exponents of negative x, zeros and infinities; x^0 is 1 for every x. As a number, whole exponents
 * up to 64 are computed by repeated squaring, also of integers, and 1/2 by the square root. The gradient of a Value as exponent is g y log x: 0 at x = 0 for exponents
 * from 0 up, NaN for negative x.
 */
export function pow(x: Value, exponent: Operand): Value {
  if (typeof exponent !== 'number') return power(x, exponent);
  if (exponent === 0.5) return sqrt(x);
  if (!Number.isInteger(exponent) || Math.abs(exponent) > mostProducts) return power(x, exponent);
  if (exponent < 0) return reciprocal(pow(x, -exponent));
  if (exponent === 0) return ones(x.shape, x.dtype);
  if (exponent === 1) return x;
  const half = square(pow(x, Math.floor(exponent / 2)));
  return exponent % 2 === 0 ? half : mul(half, x);
}

/** Rows of zeros with a 1 where int32 `labels` say: shape [...labels, classes]. A label outside gives zeros alone. */
export function oneHot(labels: Value, classes: number, options: { dtype?: FloatDType } = {}): Value {
  const { dtype = 'float32' } = checkOptions('oneHot', options, floatFields);
  const shape = [...labels.shape, classes];
  const places = iota(shape, { axis: -1 });
  return cast(equal(places, broadcast(expandDims(labels, -1), shape)), dtype);
}
