import { applyPrimitive } from '../apply.ts';
import { native } from '../native.ts';
import type { Primitive } from '../node.ts';
import { normalizeAxes, stridesOf } from '../shape.ts';
import type { Value } from '../value.ts';
import { readView, startOf } from '../walk.ts';
import { type AxesAttributes, behind } from './broadcast-sum.ts';

const flipPrimitive: Primitive<readonly [Value], AxesAttributes, Value> = native({
  kind: 'movement',
  name: 'flip',
  infer: ([x]) => x,
  evaluate: ([x], [output], { axes }) => {
    const strides = stridesOf(x.shape).map((stride, i) => (axes.includes(i) ? -stride : stride));
    const last = x.shape.map((extent, i) => (axes.includes(i) ? extent - 1 : 0));
    readView(x, output, strides, startOf(x.shape, last));
  },
  vjp: (gradient, { attributes: { axes } }) => [flip(gradient, axes)],
  batch: ([x], { attributes: { axes } }) => flip(x, behind(axes)),
});

/** `x` with the order along `axis`, one or several, turned round; all axes when left out. */
export function flip(x: Value, axis?: number | readonly number[]): Value {
  return applyPrimitive(flipPrimitive, [x], { axes: normalizeAxes(axis, x.shape.length) });
}
