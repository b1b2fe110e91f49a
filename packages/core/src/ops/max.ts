import { applyPrimitive } from '../apply.ts';
import { ShapeError } from '../errors.ts';
import type { Primitive } from '../node.ts';
import { formatShape, normalizeAxis, stridesOf } from '../shape.ts';
import type { Value } from '../value.ts';
import { div, mul, sub } from './arithmetic.ts';
import { broadcast, offsetsOf, sum } from './broadcast-sum.ts';
import { greater } from './rectify.ts';

interface MaxAttributes extends Readonly<Record<string, number>> {
  readonly axis: number;
}

const maxPrimitive: Primitive<readonly [Value], MaxAttributes> = {
  kind: 'structural',
  name: 'max',
  infer: ([x], { axis }) => {
    const shape = x?.shape ?? [];
    if (shape[axis] === 0)
      throw new ShapeError({ got: formatShape(shape), expected: `something along axis ${axis}` });
    return { shape: shape.map((extent, i) => (i === axis ? 1 : extent)), dtype: x?.dtype ?? 'float32' };
  },
  evaluate: ([x], output, { axis }) => {
    if (x === undefined) return;
    const strides = stridesOf(x.shape);
    const stride = strides[axis] ?? 1;
    offsetsOf(output.shape, strides).forEach((start, i) => {
      let best = x.data[start] ?? 0;
      for (let k = 1; k < (x.shape[axis] ?? 0); k++) best = Math.max(best, x.data[start + k * stride] ?? 0);
      output.data[i] = best;
    });
  },
  // Ties share equally.
  vjp: (gradient, { input: x, output: y }) => {
    const top = sub(1, greater(broadcast(y, x.shape), x));
    const count = sum(top, {
      axis: x.shape.flatMap((n, i) => (n === y.shape[i] ? [] : [i])),
      keepAxis: true,
    });
    return [mul(top, div(gradient, count))];
  },
};

/** The maximum along `axis`, which is kept with extent 1; NaN when there is one. @throws ShapeError over nothing. */
export function max(x: Value, { axis }: { axis: number }): Value {
  return applyPrimitive(maxPrimitive, [x], { axis: normalizeAxis(axis, x.shape.length) });
}
