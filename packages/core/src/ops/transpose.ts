import { ShapeError } from '../errors.ts';
import { viewPrimitive } from '../forms/moving.ts';
import { applyPrimitive } from '../graph/apply.ts';
import type { Value } from '../graph/value.ts';
import { formatShape, normalizeAxis } from '../tensors/shape.ts';

interface TransposeAttributes extends Readonly<Record<string, readonly number[]>> {
  readonly permutation: readonly number[];
}

const transposePrimitive = viewPrimitive<TransposeAttributes>('transpose', {
  infer: ([x], { permutation }) => {
    const rank = x.shape.length;
    if (permutation.length !== rank || new Set(permutation).size !== rank)
      throw new ShapeError({
        got: `the permutation ${formatShape(permutation)}`,
        expected: `each axis of ${formatShape(x.shape)} once`,
      });
    return { shape: permutation.map((axis) => x.shape[axis] ?? 1), dtype: x.dtype };
  },
  view: ({ offset, strides }, { permutation }) => ({
    offset,
    strides: permutation.map((axis) => strides[axis] ?? 0),
  }),
  vjp: (gradient, { attributes: { permutation } }) => [
    transpose(
      gradient,
      permutation.map((_, axis) => permutation.indexOf(axis)),
    ),
  ],
  batch: ([x], { attributes: { permutation } }) => transpose(x, [0, ...permutation.map((axis) => axis + 1)]),
});

/** The axes in another order: axis i of the result is axis permutation[i] of `x`; all reversed when left out. */
export function transpose(x: Value, permutation?: readonly number[]): Value {
  const rank = x.shape.length;
  const order = (permutation ?? x.shape.map((_, i) => rank - 1 - i)).map((axis) => normalizeAxis(axis, rank));
  return order.every((axis, i) => axis === i) && order.length === rank
    ? x
    : applyPrimitive(transposePrimitive, [x], { permutation: order });
}

/** `x` with two axes exchanged. */
export function swapAxes(x: Value, first: number, second: number): Value {
  const order = x.shape.map((_, i) => i);
  const [a, b] = [normalizeAxis(first, order.length), normalizeAxis(second, order.length)];
  order[a] = b;
  order[b] = a;
  return transpose(x, order);
}

/** `x` with the axis `from` at the place `to`; the others keep their order. */
export function moveAxis(x: Value, from: number, to: number): Value {
  const rank = x.shape.length;
  const [source, target] = [normalizeAxis(from, rank), normalizeAxis(to, rank)];
  const order = x.shape.map((_, i) => i).filter((axis) => axis !== source);
  order.splice(target, 0, source);
  return transpose(x, order);
}
