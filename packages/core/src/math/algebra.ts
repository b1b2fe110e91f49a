import { defineNode } from '../define.ts';
import type { FloatDType } from '../dtype.ts';
import { div, mul, sub } from '../ops/arithmetic.ts';
import { broadcast } from '../ops/broadcast-sum.ts';
import { cast } from '../ops/cast.ts';
import { and, equal, lessEqual } from '../ops/comparisons.ts';
import type { Operand } from '../ops/elementwise.ts';
import { maximum, minimum } from '../ops/extrema.ts';
import { exp, log, sqrt, square } from '../ops/functions.ts';
import { iota } from '../ops/iota.ts';
import { fill, ones } from '../ops/leaves.ts';
import { expandDims } from '../ops/reshape.ts';
import { select } from '../ops/select.ts';
import { broadcastShapes } from '../shape.ts';
import type { Value } from '../value.ts';

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

/**
 * x^exponent. Whole exponents by repeated squaring, exact to a few ulp and right for negative x; 1/2 by the square root;
 * others, and an exponent that is a Value, as e^(exponent log x), NaN for negative x. x^0 is 1, also at 0.
 */
export function pow(x: Value, exponent: Operand): Value {
  if (typeof exponent !== 'number') {
    const shape = broadcastShapes(x.shape, exponent.shape);
    return powerOf(broadcast(x, shape), broadcast(exponent, shape));
  }
  if (exponent === 0.5) return sqrt(x);
  if (!Number.isInteger(exponent)) return powerOf(x, fill(exponent, x.shape, x.dtype));
  if (exponent < 0) return reciprocal(pow(x, -exponent));
  if (exponent === 0) return ones(x.shape, x.dtype);
  if (exponent === 1) return x;
  const half = square(pow(x, Math.floor(exponent / 2)));
  return exponent % 2 === 0 ? half : mul(half, x);
}

/**
 * y = x^p: grad_x = g p x^(p-1) and grad_p = g y log x, which is 0 at x = 0 for p from 0 up. Neither is made of a quotient by x or of 0 times an
 * infinity, so both are right at 0.
 */
const powerOf: (x: Value, p: Value) => Value = defineNode('pow', {
  forward: (x: Value, p: Value) => exp(mul(p, log(select(equal(p, 0), 1, x)))),
  mixes: [],
  vjp: (g, { inputs: [x, p], output: y }) => [
    mul(g, mul(p, powerOf(x, sub(select(equal(p, 0), 1, p), 1)))),
    mul(g, mul(y, log(select(and(equal(x, 0), lessEqual(0, p)), 1, x)))),
  ],
});

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
