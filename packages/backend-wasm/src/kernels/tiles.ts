import { bytesOf } from '@pullback/core';
import type { Code } from '../encoding.ts';
import { i32, shuffle } from '../instructions.ts';
import type { Four, Lane } from '../lane.ts';
import { loadFour } from '../scalar/memory.ts';
import type { Loops } from './loops.ts';
import type { Spot } from './spot.ts';

/** Side by side in a row of a tile, so that whole lines of memory are written; where many statements are written for each, fewer. */
const together = 4;
const fewStatements = 4;

/**
 * The axis along which neighbours lie whose elements lie far apart along the last one, as those of a transposed matrix do; undefined where
 * nothing is read that way.
 */
export function crossingOf(loops: Loops): number | undefined {
  const { last } = loops;
  if (loops.extent(last) < 4) return undefined;
  for (const { view, dtype } of loops.loads) {
    if (bytesOf(dtype) === 1 || Math.abs(view.strides[last] ?? 0) <= 1) continue;
    const cross = view.strides.findIndex((stride, axis) => stride === 1 && loops.extent(axis) >= 4);
    if (cross >= 0) return cross;
  }
  return undefined;
}

/** Every point, in tiles of four along the last axis and four along another. Loads along that one are turned round in registers. */
export function writeTiles(loops: Loops, cross: number): void {
  const { last, kernel } = loops;
  const outer = kernel.space.map((_, axis) => axis).filter((axis) => axis !== cross && axis !== last);
  const nest = (spot: Spot, place: number): void => {
    const axis = outer[place];
    if (axis !== undefined) loops.loop(spot, axis, loops.range(axis), (inner) => nest(inner, place + 1));
    else
      loops.vectors(
        spot,
        (columns) => {
          loops.abreast(columns, cross, loops.range(cross), 4, (tiles) => {
            for (const tile of tiles) {
              if (tile.length === 4) loadTurned(loops, tile, cross);
              for (const each of tile) loops.storeAt(each);
            }
          });
          for (const column of columns) loops.storeAt(column);
        },
        kernel.statements.length <= fewStatements ? together : 1,
      );
    loops.storeAt(spot);
  };
  nest(loops.before, 0);
}

/** Reads the elements of four rows of a tile where they are neighbours from row to row. */
function loadTurned({ loads, writer, last }: Loops, tile: readonly Spot[], cross: number): void {
  const [first] = tile;
  if (first === undefined) return;
  for (const load of loads) {
    const { view, dtype } = load;
    const stride = view.strides[last] ?? 0;
    if (bytesOf(dtype) === 1 || Math.abs(stride) <= 1 || view.strides[cross] !== 1) continue;
    const { code, offset } = writer.address(first, load.buffer, view, dtype);
    const count = first.vector?.count ?? 4;
    const columns = [0, 1, 2, 3].map((k) => {
      const by = offset + Math.min(k, count - 1) * stride * bytesOf(dtype);
      const at = by < 0 ? i32.add(code, i32.const(by)) : code;
      return first.lane.keepAll(loadFour(dtype, at, Math.max(by, 0), first.lane));
    });
    const turned = dtype === 'float64' ? turnDoubles(columns) : turnFloats(columns, first.lane);
    tile.forEach((spot, row) => {
      writer.remember(spot, load, spot.lane.keepAll(turned[row] ?? [[]]));
    });
  }
}

const lower = [0, 1, 4, 5];
const upper = [2, 3, 6, 7];

function turnFloats(columns: readonly Four[], lane: Lane): Four[] {
  const [a = [], b = [], c = [], d = []] = columns.map(([column]) => column);
  const pairs = ([x, y]: readonly [Code, Code], lanes: readonly number[]) => lane.keep(shuffle(x, y, lanes));
  const [near, far] = [
    [0, 4, 1, 5],
    [2, 6, 3, 7],
  ].map((lanes) => [pairs([a, b], lanes), pairs([c, d], lanes)]);
  return [near, far].flatMap(([ab = [], cd = []] = []) =>
    [lower, upper].map((half): Four => [shuffle(ab, cd, half)]),
  );
}

function turnDoubles(columns: readonly Four[]): Four[] {
  return [0, 1, 2, 3].map((row): Four => {
    const half = row % 2 === 0 ? lower : upper;
    const [a = [], b = [], c = [], d = []] = columns.map(([low, high = low]) => (row < 2 ? low : high));
    return [shuffle(a, b, half), shuffle(c, d, half)];
  });
}
