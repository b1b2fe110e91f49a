import { type Code, types } from '../encoding.ts';
import { choose, get, i32, repeat, set, v128 } from '../instructions.ts';
import type { Lane } from '../lane.ts';
import { columnBlock, type Loops } from './loops.ts';
import { type Running, reductionOf } from './running.ts';
import { neighbours, type Spot, spotIn } from './spot.ts';
import { sideBySide } from './sums.ts';

/** Up to so many terms, those of a window, are written one after the other. */
const written = 9;

/**
 * So many rows are summed in all columns before the next ones are: in a matrix as wide as a page of memory each row of a block of columns lies on
 * a page of its own, and machines read ahead on few.
 */
const rowsTogether = 32;
/** Columns whose sums are laid aside meanwhile. */
const mostAside = 1 << 14;

/** Sums along the outer axes: for every block of inner points, all outer ones. */
export function writeColumns(loops: Loops): void {
  const { outer } = loops.kernel;
  const parts = goesInParts(loops);
  const nest = (spot: Spot, axis: number): void => {
    if (axis < loops.last) loops.loop(spot, axis, loops.range(axis), (inner) => nest(inner, axis + 1));
    else if (parts) writeInParts(loops, spot);
    else eachBlock(loops, spot, (block) => writeBlock(loops, block));
  };
  nest(loops.before, outer);
  loops.storeScalars(loops.before, (statement) => !loops.followsSum(statement));
}

/** Sums of float64 have an order that needs more than registers. */
function goesInParts(loops: Loops): boolean {
  const { outer, statements } = loops.kernel;
  const [rows, columns] = [loops.extent(outer - 1), loops.extent(loops.last)];
  const wide = rows >= 2 * rowsTogether && columns >= 4 * columnBlock && columns <= mostAside;
  return wide && statements.every(({ kind, dtype }) => kind !== 'reduce' || dtype !== 'float64');
}

/** Neighbouring vectors from `index` on. */
interface Block {
  readonly spot: Spot;
  readonly lane: Lane;
  readonly index: Code;
  readonly counts: readonly number[];
}

function eachBlock(loops: Loops, spot: Spot, write: (block: Block) => void): void {
  const { last, units } = loops;
  if (last === loops.kernel.outer && units > 1)
    loops.divided(spot, columnBlock, columnBlock, (lane, index, counts) =>
      write({ spot, lane, index, counts }),
    );
  else
    loops.vectors(
      spot,
      (spots) => {
        const [first] = spots;
        const counts = spots.map(({ vector }) => vector?.count ?? 4);
        if (first !== undefined)
          write({ spot, lane: first.lane, index: first.indices.get(last) ?? [], counts });
      },
      columnBlock / 4,
    );
}

/** A sum in each vector of a block. */
interface Sum {
  readonly i: number;
  readonly running: readonly Running[];
}

function sumsOf(loops: Loops, { counts }: Block): Sum[] {
  const { statements, outer } = loops.kernel;
  const terms = loops.points(0, outer);
  return statements.flatMap((statement, i) =>
    statement.kind === 'reduce'
      ? [{ i, running: counts.map(() => sideBySide(...reductionOf(statement), loops.sumPlace(terms))) }]
      : [],
  );
}

/** A block, summed over all outer points. */
function writeBlock(loops: Loops, block: Block): void {
  const { outer } = loops.kernel;
  const { spot, lane } = block;
  const sums = sumsOf(loops, block);
  for (const { running } of sums) for (const one of running) lane.statements.push(one.start());
  const base = spotIn(spot, lane);
  const over = loops.points(0, outer) <= written ? loops.unrolled : loops.looped;
  const nest = (at: Spot, axis: number): void => {
    if (axis < outer) over.call(loops, at, axis, (inner) => nest(inner, axis + 1));
    else addTerms(loops, at, block, sums);
  };
  nest(base, 0);
  finish(loops, base, block, sums);
}

/** All columns over some rows, then over the next ones; the sums lie in scratch memory meanwhile. */
function writeInParts(loops: Loops, spot: Spot): void {
  const axis = loops.kernel.outer - 1;
  const [rows, columns] = [loops.extent(axis), loops.extent(loops.last)];
  const [first, end] = [loops.locals.make(types.i32), loops.locals.make(types.i32)];
  let scratch: number | undefined;
  const aside = (
    block: Block,
    sums: readonly Sum[],
    move: (state: number, at: Code, offset: number) => Code,
  ) => {
    const states = block.counts.flatMap((_, v) => sums.flatMap(({ running }) => running[v]?.state ?? []));
    const bytes = (states.length / block.counts.length) * 16;
    scratch ??= loops.scratch.take((Math.ceil(columns / 4) + 1) * bytes);
    const from = scratch;
    const at = loops.locals.make(types.i32);
    const vector = i32.shrU(block.index, i32.const(2));
    block.lane.statements.push(
      set(at, i32.add(loops.scratchAt, i32.mul(vector, i32.const(bytes)))),
      states.map((state, k) => move(state, get(at), from + k * 16)),
    );
  };
  const lay = (block: Block, sums: readonly Sum[]): void =>
    aside(block, sums, (state, at, offset) => v128.store(at, get(state), offset));
  const take = (block: Block): Sum[] => {
    const sums = sumsOf(loops, block);
    aside(block, sums, (state, at, offset) => set(state, v128.load(at, offset)));
    return sums;
  };
  eachBlock(loops, spot, (block) => {
    const sums = sumsOf(loops, block);
    for (const { running } of sums) for (const one of running) block.lane.statements.push(one.start());
    lay(block, sums);
  });
  const nest = (at: Spot, outer: number): void => {
    if (outer < axis) {
      loops.looped(at, outer, (inner) => nest(inner, outer + 1));
      return;
    }
    const part = spotIn(at, loops.lane());
    eachBlock(loops, part, (block) => {
      const sums = take(block);
      const base = spotIn(part, block.lane);
      loops.loop(base, axis, [get(first), get(end)], (row) => addTerms(loops, row, block, sums));
      lay(block, sums);
    });
    const wanted = i32.add(get(first), i32.const(rowsTogether));
    at.lane.statements.push(
      repeat(first, i32.const(0), i32.const(rows), rowsTogether, [
        set(end, choose(wanted, i32.const(rows), i32.ltS(wanted, i32.const(rows)))),
        part.lane.statements,
      ]),
    );
  };
  nest(spot, 0);
  eachBlock(loops, spot, (block) => finish(loops, spotIn(spot, block.lane), block, take(block)));
}

/** The terms of one outer point. */
function addTerms(loops: Loops, at: Spot, { index, counts }: Block, sums: readonly Sum[]): void {
  const { writer, last } = loops;
  const spots = neighbours(at, at.lane, last, index, counts);
  for (const { i, running } of sums) {
    const [input] = writer.statement(i).inputs;
    if (input === undefined) continue;
    const values = spots.map((each) => writer.valueOf(each, input));
    values.forEach((value, v) => {
      running[v]?.add(at.lane, value, 4);
    });
  }
  for (const each of spots) loops.storeAt(each, (statement) => !writer.isLate(statement));
}

function finish(loops: Loops, base: Spot, { lane, index, counts }: Block, sums: readonly Sum[]): void {
  const { writer, last } = loops;
  const done = spotIn(base, lane, { kind: 'late' });
  const spots = neighbours(done, lane, last, index, counts);
  spots.forEach((each, v) => {
    for (const { i, running } of sums) {
      const one = running[v];
      if (one !== undefined) writer.know(each, i, one.finish(lane));
    }
  });
  for (const each of spots) loops.storeAt(each, (statement) => writer.isLate(statement));
}
