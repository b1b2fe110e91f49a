import type { Value } from '../graph/value.ts';
import { div, sub } from '../ops/arithmetic.ts';
import { type ReductionOptions, sum } from '../ops/broadcast-sum.ts';
import { square } from '../ops/functions.ts';
import { checkOptions } from '../options/check-options.ts';
import { number } from '../options/field.ts';
import { reductionFields } from '../options/op-fields.ts';
import { normalizeAxes } from '../tensors/shape.ts';
import { checkDType } from '../tensors/tensor.ts';
import { norm } from './norm.ts';

/** How many elements of `x` one result of a reduction stands for. */
function count(x: Value, axis: ReductionOptions['axis']): number {
  return normalizeAxes(axis, x.shape.length).reduce((n, i) => n * (x.shape[i] ?? 1), 1);
}

/** sum x / n over `axis`; NaN over nothing. @throws DTypeError for integers: their quotient would be cut off. */
export function mean(x: Value, options: ReductionOptions = {}): Value {
  checkOptions('mean', options, reductionFields);
  checkDType('a mean', x.dtype, ['float32', 'float64'], "cast(x, 'float32') says what is meant.");
  return div(sum(x, options), count(x, options.axis));
}

export interface VarianceOptions extends ReductionOptions {
  /** The number that is taken from n in the divisor: 0 for the variance of the numbers themselves, 1 for an unbiased estimate. */
  readonly correction?: number;
}

const varianceFields = { ...reductionFields, correction: number() };

/** x - mean x. The mean is rounded, by more than small distances from a large one; they are exact, so their own mean is taken off too. */
function centered(x: Value, options: ReductionOptions): Value {
  const along = { ...options, keepAxis: true };
  const near = sub(x, mean(x, along));
  return sub(near, mean(near, along));
}

/** sum (x - mean x)^2 / (n - correction) over `axis`. */
export function variance(x: Value, given: VarianceOptions = {}): Value {
  const { correction = 0, ...options } = checkOptions('variance', given, varianceFields);
  return div(sum(square(centered(x, options)), options), count(x, options.axis) - correction);
}

/** The square root of the variance, as |x - mean x| / sqrt(n - correction); J^T g is 0 where all numbers are equal. */
export function standardDeviation(x: Value, given: VarianceOptions = {}): Value {
  const { correction = 0, ...options } = checkOptions('standardDeviation', given, varianceFields);
  return div(norm(centered(x, options), options), Math.sqrt(count(x, options.axis) - correction));
}
