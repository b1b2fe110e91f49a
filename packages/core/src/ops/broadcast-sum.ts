import { DTypeError, ShapeError } from '../errors.ts';
import { viewPrimitive } from '../forms/moving.ts';
import { applyPrimitive } from '../graph/apply.ts';
import type { Batch, Primitive, Value } from '../graph/value.ts';
import { evaluateReduction } from '../graph/walk.ts';
import { checkOptions } from '../options/check-options.ts';
import { reductionFields } from '../options/op-fields.ts';
import { formatShape, normalizeAxes, type Shape, sameShape } from '../tensors/shape.ts';
import { reshape } from './reshape.ts';

// The two are each other's transpose, so each one's vjp is the other.

interface BroadcastAttributes extends Readonly<Record<string, readonly number[]>> {
  readonly shape: Shape;
}

const broadcastPrimitive = viewPrimitive<BroadcastAttributes>('broadcast', {
  infer: ([x], { shape }) => {
    if (x.shape.length !== shape.length || !x.shape.every((extent, i) => extent === 1 || extent === shape[i]))
      throw new ShapeError({
        got: formatShape(x.shape),
        expected: `a shape that broadcasts to ${formatShape(shape)}`,
      });
    return { shape, dtype: x.dtype };
  },
  view: ({ offset, strides }) => ({ offset, strides }), // which are 0 along axes of extent 1
  vjp: (gradient, { input: x }) => [
    sum(gradient, { axis: axesThatDiffer(x.shape, gradient.shape), keepAxis: true }),
  ],
  batch: ([x], { attributes: { shape }, size }) => broadcast(x, [size, ...shape]),
});

/** `x` repeated to `shape` by NumPy's rule. @throws ShapeError */
export function broadcast(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const missing = Math.max(0, shape.length - x.shape.length);
  const aligned = reshape(x, [...new Array<number>(missing).fill(1), ...x.shape]);
  return sameShape(aligned.shape, shape) ? aligned : applyPrimitive(broadcastPrimitive, [aligned], { shape });
}

/** The inputs of a batching rule, all with the axis of samples. */
export function forEachSample(
  inputs: readonly Value[],
  { size, batched }: Pick<Batch, 'size' | 'batched'>,
): Value[] {
  return inputs.map((x, i) => (batched[i] === true ? x : broadcast(x, [size, ...x.shape])));
}

/** Places of axes behind a new first one. */
export function behind(axes: readonly number[]): number[] {
  return axes.map((axis) => axis + 1);
}

export interface AxesAttributes extends Readonly<Record<string, readonly number[]>> {
  readonly axes: readonly number[];
}

// The reduced axes stay, with extent 1: so the shape rule has no cases and the vjp is one broadcast.
const sumPrimitive: Primitive<readonly [Value], AxesAttributes, Value> = {
  kind: 'reduction',
  name: 'sum',
  form: { kind: 'reduce', combine: 'sum', axes: ({ axes }) => axes },
  infer: ([x], { axes }) => {
    if (x.dtype === 'bool' || x.dtype === 'uint8')
      throw new DTypeError({
        got: `a sum of ${x.dtype}`,
        expected: 'float32, float64 or int32',
        hint: "cast(x, 'int32') counts what holds.",
      });
    return { shape: reducedShape(x.shape, axes), dtype: x.dtype };
  },
  evaluate: evaluateReduction(({ axes }) => axes, pairwise),
  vjp: (gradient, { input: x }) => [broadcast(gradient, x.shape)],
  batch: ([x], { attributes: { axes } }) => sum(x, { axis: behind(axes), keepAxis: true }),
};

const run = 64;

/**
 * The sum of n terms: runs of 64 in order, their sums added as a tree whose left side is the largest power of 2 of
 * runs. The error grows with log n instead of n.
 */
function pairwise(at: (k: number) => number, n: number, from = 0): number {
  if (n <= run) {
    let total = 0;
    for (let k = from; k < from + n; k++) total += at(k);
    return total;
  }
  let left = run;
  while (left * 2 < n) left *= 2;
  return pairwise(at, left, from) + pairwise(at, n - left, from + left);
}

export interface ReductionOptions {
  /** One axis or several, negative from the end; all when left out. */
  readonly axis?: number | readonly number[];
  /** Keep the reduced axes, with extent 1. */
  readonly keepAxis?: boolean;
}

/** The sum over `axis`, pairwise; 0 over nothing. */
export function sum(x: Value, options: ReductionOptions = {}): Value {
  const { axis, keepAxis = false } = checkOptions('sum', options, reductionFields);
  const axes = normalizeAxes(axis, x.shape.length);
  const kept = axes.length === 0 ? x : applyPrimitive(sumPrimitive, [x], { axes });
  return keepAxis ? kept : dropAxes(kept, axes);
}

/** The shape with extent 1 at `axes`. */
export function reducedShape(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((extent, i) => (axes.includes(i) ? 1 : extent));
}

/** `x` without `axes`, which have extent 1. */
export function dropAxes(x: Value, axes: readonly number[]): Value {
  return reshape(
    x,
    x.shape.filter((_, i) => !axes.includes(i)),
  );
}

function axesThatDiffer(a: Shape, b: Shape): number[] {
  return a.flatMap((extent, i) => (extent === b[i] ? [] : [i]));
}
