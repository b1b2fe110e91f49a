import { applyPrimitive } from '../apply.ts';
import { ShapeError } from '../errors.ts';
import type { Primitive } from '../node.ts';
import { checkShape, formatShape, type Shape, sameShape, sizeOf } from '../shape.ts';
import type { Value } from '../value.ts';

interface ReshapeAttributes extends Readonly<Record<string, readonly number[]>> {
  readonly shape: Shape;
}

const reshapePrimitive: Primitive<readonly [Value], ReshapeAttributes> = {
  kind: 'structural',
  name: 'reshape',
  infer: ([x], { shape }) => {
    checkShape(shape);
    const own = x?.shape ?? [];
    if (sizeOf(own) !== sizeOf(shape))
      throw new ShapeError({
        got: formatShape(own),
        expected: `${sizeOf(shape)} elements, for ${formatShape(shape)}`,
      });
    return { shape, dtype: x?.dtype ?? 'float32' };
  },
  evaluate: ([x], output) => {
    if (x !== undefined) output.data.set(x.data);
  },
  vjp: (gradient, { input: x }) => [reshape(gradient, x.shape)],
};

/** The same elements in row-major order under another shape of the same size. @throws ShapeError */
export function reshape(x: Value, shape: Shape): Value {
  return sameShape(x.shape, shape) ? x : applyPrimitive(reshapePrimitive, [x], { shape });
}
