import { type Code, types } from '../encoding.ts';
import { branchIf, choose, get, i32, loop, set, v128, when } from '../instructions.ts';
import type { Locals } from '../module.ts';
import type { Floats } from './floats.ts';
import type { NestAxis } from './nest.ts';
import { plus, type Strides, strided } from './strided.ts';

/** Which axis the lanes of a tile's vectors lie along: columns of C, rows of C, or the inner dimension, to be added up at the end. */
export type Lanes = 'columns' | 'rows' | 'inner';

/** A tile of C as sums in registers, with the strides of its factors as they are read. */
export interface Tile {
  readonly lanes: Lanes;
  readonly height: number;
  readonly width: number;
  readonly a: Strides;
  readonly b: Strides;
  /** Steps behind the last whole vector, where lanes lie along the inner dimension; else 0. */
  readonly remainder: number;
  /** The axes of the steps of A, where they are several. */
  readonly steps?: readonly NestAxis[] | undefined;
}

/** How the sums of a tile are laid out: `outer` times `inner` vectors. */
export function layoutOf({ lanes, height, width }: Pick<Tile, 'lanes' | 'height' | 'width'>, floats: Floats) {
  const vectors = (n: number) => Math.ceil(n / floats.lanes);
  if (lanes === 'rows') return { outer: width, inner: vectors(height) };
  return { outer: height, inner: lanes === 'columns' ? vectors(width) : width };
}

/** Bytes that the sums of a tile take when they are stored. */
export function sumBytes(tile: Pick<Tile, 'lanes' | 'height' | 'width'>, floats: Floats): number {
  const { outer, inner } = layoutOf(tile, floats);
  return outer * inner * 16;
}

/** i32 locals of a tile: what they hold is changed. */
export interface TilePointers {
  readonly a: number;
  readonly b: number;
  readonly sums: number;
}

/** One factor in a step: where it is read, as single elements in all lanes or as vectors. */
interface Side {
  readonly pointer: number;
  readonly along: number;
  readonly lowest: number;
  readonly load: (index: number) => Code;
}

/** Bytes from one step to the next in the factor that counts the steps: B, or A where it has the vectors. */
export function countedStride({ lanes, a, b }: Tile, floats: Floats): number {
  return (lanes === 'rows' ? a.along : b.along) * floats.bytes;
}

/**
 * sums[i][j] = sum over k of A[i][k] B[k][j], in the order of k (lanes along the inner dimension: in the order of k for each of its
 * remainders), stored as `layoutOf` says. With `onward` the sums go on from what is stored. `depth` is code for k times `countedStride`.
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
  const { bytes } = floats;
  const { outer, inner } = layoutOf(tile, floats);
  const splats = (pointer: number, count: number, { across, along }: Strides): Side => {
    const { lowest, offset } = strided(count, across * bytes);
    return { pointer, along, lowest, load: (i) => floats.splat(get(pointer), offset(i)) };
  };
  const vectors = (pointer: number, { along }: Strides): Side => ({
    pointer,
    along,
    lowest: 0,
    load: (j) => v128.load(get(pointer), j * 16),
  });
  const runs = (pointer: number, count: number, { across }: Strides): Side => {
    const { lowest, offset } = strided(count, across * bytes);
    return { pointer, along: floats.lanes, lowest, load: (i) => v128.load(get(pointer), offset(i)) };
  };
  const [first, second]: readonly [Side, Side] =
    tile.lanes === 'columns'
      ? [splats(a, tile.height, tile.a), vectors(b, tile.b)]
      : tile.lanes === 'rows'
        ? [splats(b, tile.width, tile.b), vectors(a, tile.a)]
        : [runs(a, tile.height, tile.a), runs(b, tile.width, tile.b)];

  const make = (count: number) => Array.from({ length: count }, () => locals.make(types.v128));
  const sum = Array.from({ length: outer }, () => make(inner));
  const each = (f: (local: number, offset: number) => Code) =>
    sum.map((row, i) => row.map((local, j) => f(local, (i * inner + j) * 16)));
  const addTo = (i: number, j: number, x: number, y: number) => {
    const local = sum[i]?.[j] ?? 0;
    return set(local, floats.multiplyAdd(get(x), get(y), get(local)));
  };
  // The smaller side waits in registers, the other passes through one.
  const held = make(Math.min(outer, inner));
  const passing = locals.make(types.v128);
  const step = (mask: (value: Code) => Code): Code =>
    outer < inner
      ? [
          held.map((local, i) => set(local, mask(first.load(i)))),
          Array.from({ length: inner }, (_, j) => [
            set(passing, mask(second.load(j))),
            held.map((local, i) => addTo(i, j, local, passing)),
          ]),
        ]
      : [
          held.map((local, j) => set(local, mask(second.load(j)))),
          Array.from({ length: outer }, (_, i) => [
            set(passing, mask(first.load(i))),
            held.map((local, j) => addTo(i, j, passing, local)),
          ]),
        ];
  const end = locals.make(types.i32);
  const before = i32.ltU(get(second.pointer), get(end));
  const pace = second.along * bytes;
  const turns = turnsOf(locals, tile.steps ?? [], first.pointer, second.pointer, { bytes, pace });
  return [
    [first, second].map(({ pointer, lowest }) =>
      lowest === 0 ? [] : set(pointer, plus(get(pointer), lowest)),
    ),
    set(end, i32.add(get(second.pointer), depth)),
    turns.map(({ begin }) => begin),
    onward ? each((local, offset) => set(local, v128.load(get(sums), offset))) : [],
    when(
      before,
      loop(
        step((value) => value),
        [first, second].map(({ pointer, along }) => set(pointer, plus(get(pointer), along * bytes))),
        turns.map(({ turn }) => turn),
        branchIf(0, before),
      ),
    ),
    tile.remainder === 0 ? [] : step((value) => v128.and(value, firstLanes(tile.remainder, floats))),
    each((local, offset) => v128.store(get(sums), get(local), offset)),
  ];
}

/**
 * Where the steps are several axes, the pointer of A jumps behind the last place of each but the first. A loop for each axis would cost more: here the
 * sums stay in one loop, and the jump is chosen, 0 elsewhere. The pointer of B counts.
 */
function turnsOf(
  locals: Locals,
  steps: readonly NestAxis[],
  a: number,
  b: number,
  { bytes, pace }: { readonly bytes: number; readonly pace: number },
): { readonly begin: Code; readonly turn: Code }[] {
  let run = 1;
  return steps
    .map((axis, i) => ({ axis, before: steps[i - 1] }))
    .reverse()
    .flatMap(({ axis, before }) => {
      if (before === undefined) return [];
      run *= axis.extent;
      const next = locals.make(types.i32);
      const jump = (before.stride - axis.extent * axis.stride) * bytes;
      const isEnd = i32.eq(get(b), get(next));
      const chosen = (n: number): Code => choose(i32.const(n), i32.const(0), isEnd);
      return [
        {
          begin: set(next, plus(get(b), run * pace)),
          turn: [set(a, i32.add(get(a), chosen(jump))), set(next, i32.add(get(next), chosen(run * pace)))],
        },
      ];
    });
}

/** All bits of the first `count` lanes. */
function firstLanes(count: number, { bytes }: Floats): Code {
  return v128.const(Array.from({ length: 16 }, (_, i) => (i < count * bytes ? 255 : 0)));
}
