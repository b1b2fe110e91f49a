import type { Code, ValueType } from '../encoding.ts';
import { f32x4, get, set, v128 } from '../instructions.ts';
import { type Four, Lane } from '../lane.ts';
import type { Locals } from '../module.ts';
import type { Floats } from './floats.ts';
import type { ProductSpec } from './spec.ts';
import { layoutOf, type Tile } from './tile.ts';

/** Of a tile: the address of its stored sums, and where it stands. */
export interface FinishOperands {
  readonly sums: Code;
  readonly row: Code;
  readonly column: Code;
  readonly batch: Code;
  readonly table: Code;
}

/** The epilogue on every four of a tile whose sums are stored. */
export function finishTile(
  locals: Locals,
  floats: Floats,
  { epilogue, lane: options }: ProductSpec,
  tile: Pick<Tile, 'lanes' | 'height' | 'width'>,
  { sums, ...place }: FinishOperands,
): Code {
  const lane = new Lane(locals, options);
  const shared = new Map<string, number>();
  const once = (key: string, type: ValueType, make: () => Code): Code => {
    const known = shared.get(key);
    if (known !== undefined) return get(known);
    const local = locals.make(type);
    lane.statements.push(set(local, make()));
    shared.set(key, local);
    return get(local);
  };
  const position = { ...place, once };
  const { height, width } = tile;
  // As many rows at a time as a transposition yields.
  const together = tile.lanes === 'rows' ? floats.lanes : 1;
  for (let top = 0; top < height; top += together)
    for (let dc = 0; dc < width; dc += 4)
      foursOf(lane, floats, tile, sums, top, dc)
        .slice(0, height - top)
        .forEach((four, i) => {
          epilogue({ ...position, dr: top + i, dc, count: Math.min(4, width - dc) }, four, lane);
        });
  return [lane.prologue, lane.statements];
}

/** The fours of columns `dc` .. `dc` + 3, one for each row from `top` on that comes with it. */
function foursOf(
  lane: Lane,
  floats: Floats,
  tile: Pick<Tile, 'lanes' | 'height' | 'width'>,
  sums: Code,
  top: number,
  dc: number,
): readonly Four[] {
  const { outer, inner } = layoutOf(tile, floats);
  const stored = (i: number, j: number): Code =>
    lane.keep(i < outer && j < inner ? v128.load(sums, (i * inner + j) * 16) : floats.zero);
  const keep = (value: Code) => lane.keep(value);
  if (tile.lanes === 'columns') {
    const j = dc / floats.lanes;
    return [floats.lanes === 4 ? [stored(top, j)] : [stored(top, j), stored(top, j + 1)]];
  }
  if (tile.lanes === 'rows') {
    const column = (i: number) => stored(dc + i, top / floats.lanes);
    const block = (from: number) =>
      floats
        .transpose(
          Array.from({ length: floats.lanes }, (_, i) => column(from + i)),
          keep,
        )
        .map(keep);
    if (floats.lanes === 4) return block(0).map((row): Four => [row]);
    const [left, right] = [block(0), block(2)];
    return left.map((row, i): Four => [row, right[i] ?? floats.zero]);
  }
  // (x_0 + x_1) + (x_2 + x_3) over the lanes of each sum
  const [x0 = [], x1 = [], x2 = [], x3 = []] = floats
    .transpose(
      [0, 1, 2, 3].map((i) => stored(top, dc + i)),
      keep,
    )
    .map(keep);
  return [[lane.keep(f32x4.add(f32x4.add(x0, x1), f32x4.add(x2, x3)))]];
}
