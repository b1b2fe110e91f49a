import { applyPrimitive } from '../apply.ts';
import { isFloat } from '../dtype.ts';
import { DTypeError, ShapeError } from '../errors.ts';
import type { Primitive } from '../node.ts';
import { formatShape, normalizeAxes, type Shape, sameShape, sizeOf, stridesOf } from '../shape.ts';
import type { Value } from '../value.ts';
import { reshape } from './reshape.ts';

// The two are each other's transpose, so each one's vjp is the other.

interface BroadcastAttributes extends Readonly<Record<string, readonly number[]>> {
  readonly shape: Shape;
}

const broadcastPrimitive: Primitive<readonly [Value], BroadcastAttributes> = {
  kind: 'structural',
  name: 'broadcast',
  infer: ([x], { shape }) => {
    const own = x?.shape ?? [];
    if (own.length !== shape.length || !own.every((extent, i) => extent === 1 || extent === shape[i]))
      throw new ShapeError({
        got: formatShape(own),
        expected: `a shape that broadcasts to ${formatShape(shape)}`,
      });
    return { shape, dtype: x?.dtype ?? 'float32' };
  },
  evaluate: ([x], output, { shape }) => {
    if (x === undefined) return;
    const strides = stridesOf(x.shape).map((stride, i) => (x.shape[i] === 1 ? 0 : stride));
    const outer = stridesOf(shape);
    for (let i = 0; i < output.data.length; i++) {
      let from = 0;
      for (let axis = 0, rest = i; axis < shape.length; axis++) {
        const step = outer[axis] ?? 1;
        from += Math.floor(rest / step) * (strides[axis] ?? 0);
        rest %= step;
      }
      output.data[i] = x.data[from] ?? 0;
    }
  },
  vjp: (gradient, { input: x }) => [
    sum(gradient, {
      axis: x.shape.flatMap((extent, i) => (extent === gradient.shape[i] ? [] : [i])),
      keepAxis: true,
    }),
  ],
};

/** `x` repeated to `shape` by NumPy's rule. @throws ShapeError */
export function broadcast(x: Value, shape: Shape): Value {
  if (sameShape(x.shape, shape)) return x;
  const missing = Math.max(0, shape.length - x.shape.length);
  return applyPrimitive(
    broadcastPrimitive,
    [reshape(x, [...new Array<number>(missing).fill(1), ...x.shape])],
    { shape },
  );
}

interface SumAttributes extends Readonly<Record<string, readonly number[]>> {
  readonly axes: readonly number[];
}

// The reduced axes stay, with extent 1: so the shape rule has no cases and the vjp is one broadcast.
const sumPrimitive: Primitive<readonly [Value], SumAttributes> = {
  kind: 'structural',
  name: 'sum',
  infer: ([x], { axes }) => {
    if (x === undefined || !(isFloat(x.dtype) || x.dtype === 'int32'))
      throw new DTypeError({ got: String(x?.dtype), expected: 'a sum of float32, float64 or int32' });
    return { shape: x.shape.map((extent, i) => (axes.includes(i) ? 1 : extent)), dtype: x.dtype };
  },
  evaluate: ([x], output, { axes }) => {
    if (x === undefined) return;
    const strides = stridesOf(x.shape);
    const kept = x.shape.map((extent, i) => (axes.includes(i) ? 1 : extent));
    const reduced = x.shape.map((extent, i) => (axes.includes(i) ? extent : 1));
    const offsets = offsetsOf(reduced, strides);
    offsetsOf(kept, strides).forEach((start, i) => {
      output.data[i] = pairwise(offsets.length, (k) => x.data[start + (offsets[k] ?? 0)] ?? 0);
    });
  },
  vjp: (gradient, { input: x }) => [broadcast(gradient, x.shape)],
};

/** Where the elements of a box of `shape` lie, in row-major order. */
export function offsetsOf(shape: Shape, strides: readonly number[]): number[] {
  let offsets = sizeOf(shape) === 0 ? [] : [0];
  shape.forEach((extent, axis) => {
    const stride = strides[axis] ?? 0;
    offsets = offsets.flatMap((offset) => Array.from({ length: extent }, (_, i) => offset + i * stride));
  });
  return offsets;
}

const leaf = 64;

/** Runs of 64 in order, their sums added as a balanced tree: the error grows with log n instead of n. */
function pairwise(n: number, at: (k: number) => number, from = 0): number {
  if (n <= leaf) {
    let total = 0;
    for (let k = from; k < from + n; k++) total += at(k);
    return total;
  }
  const half = leaf * 2 ** Math.floor(Math.log2((n - 1) / leaf));
  return pairwise(half, at, from) + pairwise(n - half, at, from + half);
}

export interface ReductionOptions {
  /** One axis or several, negative from the end; all when left out. */
  readonly axis?: number | readonly number[];
  /** Keep the reduced axes, with extent 1. */
  readonly keepAxis?: boolean;
}

/** The sum over `axis`, pairwise; 0 over nothing. */
export function sum(x: Value, { axis, keepAxis = false }: ReductionOptions = {}): Value {
  const axes = normalizeAxes(axis, x.shape.length);
  const kept = axes.length === 0 ? x : applyPrimitive(sumPrimitive, [x], { axes });
  return keepAxis
    ? kept
    : reshape(
        kept,
        x.shape.filter((_, i) => !axes.includes(i)),
      );
}
