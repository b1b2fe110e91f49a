import { denseView, type Shape, type View } from '@pullback/core';
import type { Bounded } from './lowering.ts';
import type { Bound } from './op.ts';

/** A value placed at `to` in zeros of shape `outer`, read as its own elements within bounds. Undefined where places lie between them. */
export function paddedBy(inner: Bounded, shape: Shape, to: View, outer: Shape): Bounded | undefined {
  const dense = denseView(outer).strides;
  const isWhole = shape.every((extent, axis) => extent <= 1 || to.strides[axis] === dense[axis]);
  if (!isWhole || shape.includes(0) || outer.includes(0)) return undefined;
  const low = dense.map((stride, axis) =>
    stride === 0 ? 0 : Math.floor(to.offset / stride) % (outer[axis] ?? 1),
  );
  const moved = (start: number, strides: readonly number[]) =>
    strides.reduce((sum, stride, axis) => sum - stride * (low[axis] ?? 0), start);
  const own = shape.map((extent, axis): Bound => {
    const strides = shape.map((_, other) => (other === axis ? 1 : 0));
    return { start: -(low[axis] ?? 0), strides, extent };
  });
  const { view, bounds } = inner;
  const shifted = bounds.map((bound) => ({ ...bound, start: moved(bound.start, bound.strides) }));
  return {
    ...inner,
    view: { ...view, offset: moved(view.offset, view.strides) },
    bounds: needed([...shifted, ...own], outer),
  };
}

/** Without the bounds that hold at every point of `shape`. */
export function needed(bounds: readonly Bound[], shape: Shape): Bound[] {
  return bounds.filter(({ start, strides, extent }) => {
    const reach = strides.map((stride, axis) => stride * ((shape[axis] ?? 1) - 1));
    const least = reach.reduce((sum, far) => sum + Math.min(0, far), start);
    const most = reach.reduce((sum, far) => sum + Math.max(0, far), start);
    return least < 0 || most >= extent;
  });
}
