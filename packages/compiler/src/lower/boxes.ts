import { denseView, type View } from '@pullback/core';

/** Places of one axis: `count` of them, `step` apart, from `start` on. */
export interface Run {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** The elements of a tensor that lie in a run along each axis. */
export type Box = readonly Run[];

/** A box that some boxes cover whole and the others not at all. */
export interface Cell {
  readonly box: Box;
  /** Numbers of the boxes that cover it, ascending. */
  readonly covers: readonly number[];
}

/** Steps of so many places make an axis so many. */
const mostResidues = 8;
const workOfAxis = 64;

/** The box of a dense tensor of shape `to` in which the elements of a shape lie; undefined where they lie otherwise. */
export function boxOf(
  { offset, strides }: View,
  shape: readonly number[],
  to: readonly number[],
): Box | undefined {
  if (shape.length !== to.length) return undefined;
  const dense = denseView(to).strides;
  let rest = offset;
  const box = shape.map((count, axis): Run => {
    const unit = dense[axis] ?? 0;
    const start = unit === 0 ? 0 : Math.floor(rest / unit);
    rest -= start * unit;
    return { start, step: count === 1 || unit === 0 ? 1 : (strides[axis] ?? 0) / unit, count };
  });
  const isInside = ({ start, step, count }: Run, axis: number): boolean =>
    Number.isInteger(step) && step > 0 && start + (count - 1) * step < (to[axis] ?? 1);
  return rest === 0 && box.every(isInside) ? box : undefined;
}

/** Where the elements of a box lie in a dense tensor of shape `to`. */
export function viewOf(box: Box, to: readonly number[]): View {
  const dense = denseView(to).strides;
  return {
    offset: box.reduce((sum, { start }, axis) => sum + start * (dense[axis] ?? 0), 0),
    strides: box.map(({ step, count }, axis) => (count === 1 ? 0 : step * (dense[axis] ?? 0))),
  };
}

/** The part of a view of `outer` that lies in `inner`, a box inside of it. */
export function viewInside({ offset, strides }: View, outer: Box, inner: Box): View {
  const places = inner.map((run, axis) => {
    const { start, step } = outer[axis] ?? run;
    return { from: (run.start - start) / step, by: run.step / step, count: run.count };
  });
  return {
    offset: places.reduce((sum, { from }, axis) => sum + from * (strides[axis] ?? 0), offset),
    strides: places.map(({ by, count }, axis) => (count === 1 ? 0 : by * (strides[axis] ?? 0))),
  };
}

/** A box of a box: the places that `inner` names among those of `outer`. */
export function boxInside(outer: Box, inner: Box): Box {
  return inner.map(({ start, step, count }, axis) => {
    const own = outer[axis] ?? { start: 0, step: 1, count };
    return { start: own.start + start * own.step, step: step * own.step, count };
  });
}

/** A tensor cut so that no cell is covered in part; undefined where that makes far more cells than there are boxes. */
export function cellsOf(shape: readonly number[], boxes: readonly Box[]): Cell[] | undefined {
  const cells: Cell[] = [];
  let left = workOfAxis * (boxes.length + 1);
  const cut = (before: Box, covers: readonly number[]): boolean => {
    const axis = before.length;
    if (covers.length === 0 || axis === shape.length) {
      const rest = shape.slice(axis).map((count) => ({ start: 0, step: 1, count }));
      cells.push({ box: [...before, ...rest], covers });
      return true;
    }
    const runs = covers.flatMap((i) => boxes[i]?.[axis] ?? []);
    const pieces = piecesOf(shape[axis] ?? 1, runs);
    left -= pieces?.reduce((sum, { within }) => sum + 1 + within.length, 0) ?? 0;
    return (
      pieces !== undefined &&
      left >= 0 &&
      pieces.every(({ run, within }) =>
        cut(
          [...before, run],
          within.flatMap((i) => covers.slice(i, i + 1)),
        ),
      )
    );
  };
  return cut(
    [],
    boxes.map((_, i) => i),
  )
    ? cells
    : undefined;
}

/** An axis cut into runs that each of the given ones holds whole or not at all, by the places of those that do. */
function piecesOf(extent: number, runs: readonly Run[]): { run: Run; within: number[] }[] | undefined {
  const period = runs.reduce((all, { step, count }) => (count === 1 ? all : multiple(all, step)), 1);
  if (period > mostResidues) return undefined;
  const pieces: { run: Run; within: number[] }[] = [];
  for (let residue = 0; residue < Math.min(period, extent); residue++) {
    const count = Math.ceil((extent - residue) / period);
    const ends = new Map<number, { begins: number[]; ends: number[] }>();
    const at = (place: number) => {
      const known = ends.get(place) ?? { begins: [], ends: [] };
      ends.set(place, known);
      return known;
    };
    at(0);
    runs.forEach(({ start, step, count: own }, i) => {
      const every = own === 1 ? period : step;
      const last = start + (own - 1) * step;
      const ahead = (((residue - start) % period) + period) % period;
      if (own === 0 || ahead % every !== 0 || start + ahead > last) return;
      at((start + ahead - residue) / period).begins.push(i);
      at(Math.floor((last - residue) / period) + 1).ends.push(i);
    });
    const within = new Set<number>();
    const places = [...ends.keys()].sort((a, b) => a - b);
    places.forEach((place, i) => {
      const { begins = [], ends: over = [] } = ends.get(place) ?? {};
      for (const one of over) within.delete(one);
      for (const one of begins) within.add(one);
      const end = places[i + 1] ?? count;
      if (end <= place) return;
      const run = { start: residue + place * period, step: period, count: end - place };
      pieces.push({ run, within: [...within].sort((a, b) => a - b) });
    });
  }
  return pieces;
}

function multiple(a: number, b: number): number {
  const divisor = (x: number, y: number): number => (y === 0 ? x : divisor(y, x % y));
  return (a / divisor(a, b)) * b;
}
