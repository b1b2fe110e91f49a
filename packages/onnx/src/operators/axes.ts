import { DataError, ShapeError, slice, transpose, type Value } from '@pullback/core';

/** An axis from 0 up. @throws ShapeError */
export function axisOf(axis: number, rank: number): number {
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal >= Math.max(rank, 1))
    throw new ShapeError({ got: `axis ${axis}`, expected: `one from ${-rank} to ${rank - 1}` });
  return normal;
}

export function axesOf(axes: readonly number[], rank: number): number[] {
  return axes.map((axis) => axisOf(axis, rank));
}

/** Tables that are made where a graph is built have at most so many numbers. */
const mostHere = 2 ** 24;

function refuseHuge(n: number): void {
  if (n > mostHere) throw new DataError({ got: `a table of ${n} numbers`, expected: `at most ${mostHere}` });
}

/** A table of numbers that are made where the graph is built. @throws DataError for a size that no model has. */
export function tabulated(n: number, of: (i: number) => number): Float64Array {
  refuseHuge(n);
  return Float64Array.from({ length: n }, (_, i) => of(i));
}

export function range(n: number, from = 0): number[] {
  refuseHuge(n);
  return Array.from({ length: Math.max(0, n) }, (_, i) => from + i);
}

export function sizeOfShape(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** `x` with axis 1 as the last. */
export function channelsLast(x: Value): Value {
  return transpose(x, [0, ...range(x.shape.length - 2, 2), 1]);
}

/** The places from `from` up to `to` along one axis. */
export function along(x: Value, axis: number, from: number, to: number): Value {
  const [start, stop] = [x.shape.map(() => 0), [...x.shape]];
  start[axis] = from;
  stop[axis] = to;
  return slice(x, start, stop);
}

/** The shape with one extent replaced. */
export function withExtent(shape: readonly number[], axis: number, extent: number): number[] {
  return shape.map((own, i) => (i === axis ? extent : own));
}
