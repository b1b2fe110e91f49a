import { ShapeError } from '../errors.ts';
import { viewPrimitive } from '../forms/moving.ts';
import { reshapedView } from '../forms/view.ts';
import { applyPrimitive } from '../graph/apply.ts';
import type { Value } from '../graph/value.ts';
import { checkShape, formatShape, normalizeAxis, type Shape, sameShape, sizeOf } from '../tensors/shape.ts';

interface ReshapeAttributes extends Readonly<Record<string, readonly number[]>> {
  readonly shape: Shape;
}

const reshapePrimitive = viewPrimitive<ReshapeAttributes>('reshape', {
  infer: ([x], { shape }) => {
    checkShape(shape);
    if (sizeOf(x.shape) !== sizeOf(shape))
      throw new ShapeError({
        got: formatShape(x.shape),
        expected: `${sizeOf(shape)} elements, for ${formatShape(shape)}`,
      });
    return { shape, dtype: x.dtype };
  },
  view: ({ shape, ...view }, _, to) => reshapedView(shape, view, to),
  vjp: (gradient, { input: x }) => [reshape(gradient, x.shape)],
  batch: ([x], { attributes: { shape }, size }) => reshape(x, [size, ...shape]),
});

/**
 * The same elements in row-major order under another shape of the same size.
 * @param shape one extent may be -1: what is left for it.
 * @throws ShapeError
 */
export function reshape(x: Value, shape: Shape): Value {
  const known = sizeOf(shape.filter((extent) => extent !== -1));
  const rest = known === 0 ? 0 : sizeOf(x.shape) / known;
  const wanted = shape.map((extent) => (extent === -1 ? rest : extent));
  return sameShape(x.shape, wanted) ? x : applyPrimitive(reshapePrimitive, [x], { shape: wanted });
}

/** `x` with an axis of extent 1 put in at `axis`, counted in the result. */
export function expandDims(x: Value, axis: number): Value {
  return reshape(x, insert(x.shape, normalizeAxis(axis, x.shape.length + 1)));
}

/** `x` without `axis`, whose extent must be 1. @throws ShapeError */
export function squeeze(x: Value, axis: number): Value {
  const place = normalizeAxis(axis, x.shape.length);
  return reshape(
    x,
    x.shape.filter((_, i) => i !== place),
  );
}

function insert(shape: Shape, axis: number): number[] {
  return [...shape.slice(0, axis), 1, ...shape.slice(axis)];
}
