import { OptionError, ShapeError } from '../errors.ts';

export type Shape = readonly number[];

/** Number of elements, the product of the extents; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((size, extent) => size * extent, 1);
}

/** Row-major strides in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = (strides[i + 1] ?? 1) * (shape[i + 1] ?? 1);
  return strides;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((extent, i) => extent === b[i]);
}

export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`;
}

/** The place of the i-th element of a shape, such as `[3, 0]`. */
export function placeOf(i: number, shape: Shape): string {
  return formatShape(stridesOf(shape).map((stride, axis) => Math.floor(i / stride) % (shape[axis] ?? 1)));
}

/** Refuses extents that are not whole numbers from 0 up. */
export function checkShape(shape: Shape): void {
  if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0))
    throw new ShapeError({ got: formatShape(shape), expected: 'a shape of whole numbers from 0 up' });
}

/** The last extent of a shape; a scalar has none. */
export function lastOf(shape: Shape): number {
  const last = shape.at(-1);
  if (last === undefined)
    throw new ShapeError({ got: 'a scalar', expected: 'a shape with at least one axis' });
  return last;
}

/** An axis counted from the end when negative, as 0 .. rank-1. */
export function normalizeAxis(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= rank)
    throw new ShapeError({
      got: `axis ${axis}`,
      expected: rank === 0 ? 'no axis, for a scalar' : `an axis from ${-rank} to ${rank - 1}`,
    });
  return normal;
}

/** One axis, several, or all when left out: sorted, from 0 up, each once. */
export function normalizeAxes(axis: number | readonly number[] | undefined, rank: number): number[] {
  if (axis === undefined) return Array.from({ length: rank }, (_, i) => i);
  const axes = (typeof axis === 'number' ? [axis] : axis).map((a) => normalizeAxis(a, rank));
  axes.sort((a, b) => a - b);
  if (new Set(axes).size !== axes.length)
    throw new OptionError({ got: `axes ${formatShape(axes)}`, expected: 'every axis once' });
  return axes;
}

/**
 * The shape that all `shapes` broadcast to, by NumPy's rule: aligned at the last axis, extents equal or 1.
 * @throws ShapeError when two extents differ and neither is 1.
 */
export function broadcastShapes(...shapes: readonly Shape[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, i) => {
    let extent = 1;
    for (const shape of shapes) {
      const own = shape[i - rank + shape.length] ?? 1;
      if (own === 1) continue;
      if (extent !== 1 && own !== extent)
        throw new ShapeError({
          got: shapes.map(formatShape).join(' and '),
          expected: `shapes that broadcast together: at axis ${i - rank} ${extent} and ${own} differ and neither is 1`,
        });
      extent = own;
    }
    return extent;
  });
}
