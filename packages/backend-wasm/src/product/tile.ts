import { type Code, types } from '../encoding.ts';
import { branchIf, get, i32, loop, set, v128, when } from '../instructions.ts';
import type { Locals } from '../module.ts';
import type { Floats } from './floats.ts';
import { plus, strided } from './strided.ts';

/** A tile of C as sums in registers. */
export interface Tile {
  readonly height: number;
  readonly width: number;
  /** Strides in elements, of A as it is read (packed or not) and from one row of B to the next. */
  readonly a: { readonly across: number; readonly along: number };
  readonly b: { readonly along: number };
}

export const vectorsOf = (width: number, { lanes }: Floats): number => Math.ceil(width / lanes);

/** Bytes that the sums of a tile take when they are stored. */
export const sumBytes = (height: number, width: number, floats: Floats): number =>
  height * vectorsOf(width, floats) * 16;

/** i32 locals of a tile: what they hold is changed. */
export interface TilePointers {
  readonly a: number;
  readonly b: number;
  readonly sums: number;
}

/**
 * sums[i][j] = sum over k of A[i][k] B[k][j], in the order of k; stored vector by vector, row by row. With `onward` the sums go on from
 * what is stored. `depth` is code for the bytes of B from the first k to the end.
 *
 * The form is what V8 11 compiles without spilling: the loop stands inside an `if`, sums leave their registers only for memory, k is not
 * unrolled.
 */
export function sumTile(
  locals: Locals,
  floats: Floats,
  tile: Tile,
  { a, b, sums }: TilePointers,
  depth: Code,
  onward: boolean,
): Code {
  const { height, width } = tile;
  const { bytes } = floats;
  const columns = vectorsOf(width, floats);
  const rows = strided(height, tile.a.across * bytes);
  const end = locals.make(types.i32);
  const vectors = (count: number) => Array.from({ length: count }, () => locals.make(types.v128));
  const sum = Array.from({ length: height }, () => vectors(columns));
  const each = (f: (local: number, offset: number) => Code) =>
    sum.map((row, i) => row.map((local, j) => f(local, (i * columns + j) * 16)));
  const loadRow = (local: number, i: number) => set(local, floats.splat(get(a), rows.offset(i)));
  const loadColumns = (local: number, j: number) => set(local, v128.load(get(b), j * 16));
  const addTo = (i: number, j: number, x: number, y: number) => {
    const local = sum[i]?.[j] ?? 0;
    return set(local, floats.multiplyAdd(get(x), get(y), get(local)));
  };
  // The smaller side waits in registers, the other passes through one.
  const step: Code[] = [];
  if (height < columns) {
    const held = vectors(height);
    const [passing = 0] = vectors(1);
    step.push(held.map(loadRow));
    for (let j = 0; j < columns; j++)
      step.push(
        loadColumns(passing, j),
        held.map((local, i) => addTo(i, j, local, passing)),
      );
  } else {
    const held = vectors(columns);
    const [passing = 0] = vectors(1);
    step.push(held.map(loadColumns));
    for (let i = 0; i < height; i++)
      step.push(
        loadRow(passing, i),
        held.map((local, j) => addTo(i, j, passing, local)),
      );
  }
  return [
    rows.lowest === 0 ? [] : set(a, plus(get(a), rows.lowest)),
    set(end, i32.add(get(b), depth)),
    onward ? each((local, offset) => set(local, v128.load(get(sums), offset))) : [],
    when(
      i32.ltU(get(b), get(end)),
      loop(
        step,
        set(a, plus(get(a), tile.a.along * bytes)),
        set(b, plus(get(b), tile.b.along * bytes)),
        branchIf(0, i32.ltU(get(b), get(end))),
      ),
    ),
    each((local, offset) => v128.store(get(sums), get(local), offset)),
  ];
}
