import { OptionError } from '../errors.ts';
import { apply } from '../graph/apply.ts';
import type { Cotangents, Value } from '../graph/value.ts';
import { add, div, mul, sub } from '../ops/arithmetic.ts';
import { dropAxes, type ReductionOptions, sum } from '../ops/broadcast-sum.ts';
import { equal, less } from '../ops/comparisons.ts';
import { sqrt, square } from '../ops/functions.ts';
import { select } from '../ops/select.ts';
import { checkOptions } from '../options/check-options.ts';
import { reductionFields } from '../options/op-fields.ts';
import type { DType } from '../tensors/dtype.ts';
import { normalizeAxes } from '../tensors/shape.ts';
import { checkDType } from '../tensors/tensor.ts';

/**
 * The sums of squares of x, of x / scale and of x scale, in one pass: one of them neither overflows nor loses digits.
 * Source: J. Blue, A portable Fortran program to find the Euclidean norm of a vector, 1978.
 */
type Squares = readonly [plain: Value, reduced: Value, enlarged: Value];

/** Powers of 2, exact as factors; a sum of squares below `least` may have lost digits of squares that are no normal numbers. */
function rangeOf(dtype: DType): { readonly scale: number; readonly least: number } {
  return dtype === 'float64' ? { scale: 2 ** 700, least: 2 ** -900 } : { scale: 2 ** 100, least: 2 ** -90 };
}

function squaresOf(x: Value, options: ReductionOptions): Squares {
  const { scale } = rangeOf(x.dtype);
  const over = (a: Value) => sum(square(a), options);
  return [over(x), over(mul(x, 1 / scale)), over(mul(x, scale))];
}

function rootOf([plain, reduced, enlarged]: Squares): Value {
  const { scale, least } = rangeOf(plain.dtype);
  const usual = select(less(plain, least), div(sqrt(enlarged), scale), sqrt(plain));
  return select(less(plain, Infinity), usual, mul(sqrt(reduced), scale));
}

function checkFloat(x: Value): void {
  checkDType('a norm', x.dtype, ['float32', 'float64'], "cast(x, 'float32') says what is meant.");
}

/**
 * The Euclidean norm sqrt(sum x^2) over `axis`, also where squares overflow or underflow. J^T g = g x / y, and 0 at x = 0.
 * @throws DTypeError for integers
 */
export function norm(x: Value, options: ReductionOptions = {}): Value {
  const { axis, keepAxis = false } = checkOptions('norm', options, reductionFields);
  checkFloat(x);
  const axes = normalizeAxes(axis, x.shape.length);
  const kept = apply<[Value]>(
    {
      kind: 'composite',
      name: 'norm',
      mixes: axes,
      forward: (a) => rootOf(squaresOf(a, { axis: axes, keepAxis: true })),
      vjp: (g, { inputs: [a], output: y }): Cotangents => [mul(g, div(a, select(equal(y, 0), 1, y)))],
    },
    x,
  );
  return keepAxis ? kept : dropAxes(kept, axes);
}

/** The Euclidean norm of all elements of all `values` together, a scalar of the dtype that they share. @throws DTypeError, OptionError for none */
export function globalNorm(values: readonly Value[]): Value {
  if (values.length === 0) throw new OptionError({ got: 'a norm of no Values', expected: 'at least one' });
  for (const value of values) checkFloat(value);
  return apply<Value[]>(
    {
      kind: 'composite',
      name: 'globalNorm',
      forward: (...all) =>
        rootOf(
          all
            .map((x) => squaresOf(x, {}))
            .reduce(([a, b, c], [d, e, f]) => [add(a, d), add(b, e), add(c, f)]),
        ),
      vjp: (g, { inputs, output: y }): Cotangents =>
        inputs.map((x) => mul(g, div(x, select(equal(y, 0), 1, y)))),
    },
    ...values,
  );
}

/** The Euclidean distance of a and b over the last axis. */
export function distance(a: Value, b: Value, options: ReductionOptions = { axis: -1 }): Value {
  return norm(sub(a, b), options);
}
