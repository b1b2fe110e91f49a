import { viewPrimitive } from '../forms/moving.ts';
import { applyPrimitive } from '../graph/apply.ts';
import type { Value } from '../graph/value.ts';
import { normalizeAxes } from '../tensors/shape.ts';
import { type AxesAttributes, behind } from './broadcast-sum.ts';

const flipPrimitive = viewPrimitive<AxesAttributes>('flip', {
  infer: ([x]) => x,
  view: ({ shape, offset, strides }, { axes }) => ({
    offset: axes.reduce((sum, axis) => sum + (strides[axis] ?? 0) * ((shape[axis] ?? 1) - 1), offset),
    strides: strides.map((stride, i) => (axes.includes(i) && stride !== 0 ? -stride : stride)),
  }),
  vjp: (gradient, { attributes: { axes } }) => [flip(gradient, axes)],
  batch: ([x], { attributes: { axes } }) => flip(x, behind(axes)),
});

/** `x` with the order along `axis`, one or several, turned round; all axes when left out. */
export function flip(x: Value, axis?: number | readonly number[]): Value {
  return applyPrimitive(flipPrimitive, [x], { axes: normalizeAxes(axis, x.shape.length) });
}
