import { DTypeError, ShapeError } from '../errors.ts';
import { applyPrimitive } from '../graph/apply.ts';
import type { Primitive, Value } from '../graph/value.ts';
import { evaluateReduction } from '../graph/walk.ts';
import { checkOptions } from '../options/check-options.ts';
import { keptAxisFields, reductionFields } from '../options/op-fields.ts';
import { formatShape, normalizeAxes, normalizeAxis } from '../tensors/shape.ts';
import { div, neg, sub } from './arithmetic.ts';
import {
  type AxesAttributes,
  behind,
  broadcast,
  dropAxes,
  type ReductionOptions,
  reducedShape,
  sum,
} from './broadcast-sum.ts';
import { cast } from './cast.ts';
import { equal } from './comparisons.ts';
import { select } from './select.ts';

const maxPrimitive: Primitive<readonly [Value], AxesAttributes, Value> = {
  kind: 'reduction',
  name: 'max',
  form: { kind: 'reduce', combine: 'max', axes: ({ axes }) => axes },
  infer: ([x], { axes }) => {
    refuseEmpty('max', x.shape, axes);
    if (x.dtype === 'bool' || x.dtype === 'uint8')
      throw new DTypeError({ got: `max of ${x.dtype}`, expected: 'float32, float64 or int32' });
    return { shape: reducedShape(x.shape, axes), dtype: x.dtype };
  },
  evaluate: evaluateReduction(
    ({ axes }) => axes,
    (at, n) => {
      let best = at(0);
      for (let k = 1; k < n; k++) best = Math.max(best, at(k));
      return best;
    },
  ),
  // Ties share equally.
  vjp: (gradient, { input: x, output: y, attributes: { axes } }) => {
    const top = equal(broadcast(y, x.shape), x);
    const count = sum(cast(top, gradient.dtype), { axis: axes, keepAxis: true });
    return [select(top, broadcast(div(gradient, count), x.shape), 0)];
  },
  batch: ([x], { attributes: { axes } }) => max(x, { axis: behind(axes), keepAxis: true }),
};

/** The maximum over `axis`; NaN when there is one; ties share the gradient equally. @throws ShapeError over nothing. */
export function max(x: Value, options: ReductionOptions = {}): Value {
  const { axis, keepAxis = false } = checkOptions('max', options, reductionFields);
  const axes = normalizeAxes(axis, x.shape.length);
  const kept = axes.length === 0 ? x : applyPrimitive(maxPrimitive, [x], { axes });
  return keepAxis ? kept : dropAxes(kept, axes);
}

/** The minimum over `axis`, as -max(-x); of integers as -1 - max(-1 - x), since -(-2^31) is no int32. */
export function min(x: Value, options: ReductionOptions = {}): Value {
  checkOptions('min', options, reductionFields);
  if (x.dtype === 'int32') return sub(-1, max(sub(-1, x), options));
  return neg(max(neg(x), options));
}

interface AxisAttributes extends Readonly<Record<string, number>> {
  readonly axis: number;
}

const argmaxPrimitive: Primitive<readonly [Value], AxisAttributes, Value> = {
  kind: 'reduction',
  name: 'argmax',
  form: { kind: 'reduce', combine: 'argmax', axes: ({ axis }) => [axis] },
  infer: ([x], { axis }) => {
    refuseEmpty('argmax', x.shape, [axis]);
    return { shape: reducedShape(x.shape, [axis]), dtype: 'int32' };
  },
  evaluate: evaluateReduction(
    ({ axis }) => [axis],
    (at, n) => {
      let best = 0;
      for (let k = 1; k < n && !Number.isNaN(at(best)); k++) if (!(at(k) <= at(best))) best = k;
      return best;
    },
  ),
  batch: ([x], { attributes: { axis } }) => argmax(x, { axis: axis + 1, keepAxis: true }),
};

/** Where the maximum along `axis` stands, as int32: the first of equals, the first NaN when there is one. No gradient. */
export function argmax(x: Value, options: { axis?: number; keepAxis?: boolean } = {}): Value {
  const { axis = -1, keepAxis = false } = checkOptions('argmax', options, keptAxisFields);
  const place = normalizeAxis(axis, x.shape.length);
  const kept = applyPrimitive(argmaxPrimitive, [x], { axis: place });
  return keepAxis ? kept : dropAxes(kept, [place]);
}

function refuseEmpty(what: string, shape: readonly number[], axes: readonly number[]): void {
  if (axes.some((axis) => shape[axis] === 0))
    throw new ShapeError({
      got: formatShape(shape),
      expected: `something to take the ${what} of along every axis`,
    });
}
