import { costOf, type LoopKernel } from '@pullback/compiler';
import { bytesOf } from '@pullback/core';
import { elementType } from '../c/lanes.ts';
import type { Loops } from './loops.ts';
import type { Spot } from './spot.ts';
import { across, type Running, reductionOf, sumLanes } from './sums.ts';

export interface PassOptions {
  readonly passes: ReadonlyMap<number, number>;
  readonly again: ReadonlyMap<number, Kept>;
  /** The vectors of a row that stays in registers. */
  readonly spots: readonly Spot[] | undefined;
}

/**
 * A row in passes over its inner points: one for each sum that needs the one before, a last one for what needs all. A value that was
 * stored in an earlier pass, or is dear and was kept in scratch memory, is not computed again.
 */
export function writePasses(loops: Loops, row: Spot, { passes, again, spots: held }: PassOptions): void {
  const { writer, kernel, last, lanes, names } = loops;
  const { statements, outer } = kernel;
  const terms = loops.points(outer, last + 1);
  const cells = loops.stored.filter(
    (i) => !writer.isLate(i) && writer.statement(i).varies.slice(outer).includes(true),
  );
  const over = (visit: (spots: readonly Spot[]) => void) =>
    held === undefined ? overRow(loops, row, outer, visit) : visit(held);
  const count = Math.max(0, ...passes.values()) + 1;
  // In registers everything is computed before anything is written.
  const kept = held === undefined ? undefined : cells;
  for (let pass = 1; pass <= count; pass++) {
    const written = kept ? [] : cells.filter((i) => (passes.get(i) ?? 0) + 1 === pass);
    const sums = statements.flatMap((statement, i): { i: number; running: Running }[] =>
      statement.kind === 'reduce' && statement.along === 'inner' && passes.get(i) === pass
        ? [{ i, running: across(reductionOf(statement), { lanes, names, terms }) }]
        : [],
    );
    if (sums.length === 0 && written.length === 0) continue;
    for (const { running } of sums) running.start(row.block);
    over((spots) => {
      for (const spot of spots)
        for (const [i, one] of again) if (pass > one.first) recall(loops, spot, i, one);
      for (const { i, running } of sums) {
        const [input] = writer.statement(i).inputs;
        if (input === undefined) continue;
        const values = spots.map((spot) => writer.valueOf(spot, input));
        values.forEach((value, v) => {
          const { block = row.block, vector, indices } = spots[v] ?? row;
          running.add(block, value, {
            vector: held === undefined ? v : inLine(held, v),
            count: vector?.count ?? 1,
            index: indices.get(last) ?? '0',
          });
        });
      }
      for (const spot of spots) for (const i of written) writer.value(spot, i);
      for (const spot of spots)
        for (const [i, one] of again) if (pass === one.first) remember(loops, spot, i, one);
      for (const spot of spots) for (const i of written) writer.store(spot, i);
    });
    for (const { i, running } of sums)
      writer.know(
        row,
        i,
        writer.keep(row.block, writer.statement(i).dtype, running.finish(row.block), 'sum'),
      );
  }
  for (const i of kept ?? []) for (const spot of held ?? []) writer.value(spot, i);
  for (const i of kept ?? []) for (const spot of held ?? []) writer.store(spot, i);
}

/** Which vector of its line a spot is. */
function inLine(held: readonly Spot[], v: number): number {
  const axis = held[v]?.vector?.axis ?? 0;
  let start = v;
  while (start > 0 && held[start]?.indices.get(axis) !== '0') start--;
  return v - start;
}

function overRow(loops: Loops, spot: Spot, axis: number, visit: (spots: readonly Spot[]) => void): void {
  const { lanes } = loops;
  const together = lanes.isPlain ? 1 : Math.max(2, sumLanes / lanes.count);
  if (axis < loops.last)
    loops.loop(spot, axis, loops.whole(axis), (inner) => overRow(loops, inner, axis + 1, visit));
  else if (axis === loops.last) loops.vectors(spot, visit, together);
  else visit([spot]);
}

/** The number of the pass in which each sum is made, and of the last pass that each other statement waits for. */
export function passesOf({ statements }: LoopKernel): Map<number, number> {
  const passes = new Map<number, number>();
  statements.forEach((statement, i) => {
    const waits = statement.inputs.reduce(
      (most, input) => (input.kind === 'statement' ? Math.max(most, passes.get(input.statement) ?? 0) : most),
      0,
    );
    const isSum = statement.kind === 'reduce' && statement.along === 'inner';
    passes.set(i, isSum ? waits + 1 : waits);
  });
  return passes;
}

export interface Kept {
  /** The pass in which it is computed. */
  readonly first: number;
  /** Where the row lies in scratch memory; undefined where it is stored in a buffer anyway. */
  readonly offset: number | undefined;
}

/** Statements of an earlier pass that later ones read. */
export function keptBetween(loops: Loops, passes: ReadonlyMap<number, number>): Map<number, Kept> {
  const { writer, kernel, last } = loops;
  const { statements, outer } = kernel;
  const available = new Map<number, number>();
  const read = new Set<number>();
  if (outer !== last) return new Map();
  const stored = new Set(loops.stored);
  const visit = (i: number, pass: number, seen: Set<number>): void => {
    const statement = writer.statement(i);
    const { kind, varies, inputs } = statement;
    const isDear = statement.kind === 'map' && costOf(statement.formula) === 'dear';
    if (kind === 'reduce' || varies[outer] !== true || seen.has(i)) return;
    seen.add(i);
    const first = available.get(i);
    if (first !== undefined && first < pass) {
      read.add(i);
      return;
    }
    const isStored = stored.has(i) && (passes.get(i) ?? 0) + 1 === pass;
    if (isStored || isDear) available.set(i, pass);
    for (const input of inputs) if (input.kind === 'statement') visit(input.statement, pass, seen);
  };
  const count = Math.max(0, ...passes.values()) + 1;
  for (let pass = 1; pass <= count; pass++) {
    const seen = new Set<number>();
    statements.forEach((statement, i) => {
      const sums = statement.kind === 'reduce' && statement.along === 'inner' && passes.get(i) === pass;
      if (sums)
        for (const input of statement.inputs)
          if (input.kind === 'statement') visit(input.statement, pass, seen);
      if (stored.has(i) && !writer.isLate(i) && (passes.get(i) ?? 0) + 1 === pass) visit(i, pass, seen);
    });
  }
  return new Map(
    [...read].map((i): [number, Kept] => {
      const first = available.get(i) ?? 1;
      if (stored.has(i) && (passes.get(i) ?? 0) + 1 === first) return [i, { first, offset: undefined }];
      const bytes = (loops.extent(last) + loops.lanes.count) * bytesOf(writer.statement(i).dtype);
      return [i, { first, offset: loops.scratch.take(bytes) }];
    }),
  );
}

function remember(loops: Loops, spot: Spot, i: number, { offset }: Kept): void {
  if (offset === undefined) return;
  const { dtype } = loops.writer.statement(i);
  const value = loops.writer.value(spot, i);
  spot.block.line(`store_${loops.lanes.memory(dtype)}(${inScratch(loops, spot, i, offset)}, ${value});`);
}

function recall(loops: Loops, spot: Spot, i: number, { offset }: Kept): void {
  const { writer, kernel, lanes } = loops;
  const { dtype } = writer.statement(i);
  const store = kernel.stores.find(({ statement }) => statement === i);
  const value =
    offset === undefined && store !== undefined
      ? writer.valueOf(spot, { kind: 'load', buffer: store.buffer, view: store.view, dtype })
      : writer.keep(
          spot.block,
          dtype,
          `load_${lanes.memory(dtype)}(${inScratch(loops, spot, i, offset ?? 0)})`,
        );
  writer.know(spot, i, value);
}

function inScratch({ writer, last }: Loops, spot: Spot, i: number, offset: number): string {
  const type = elementType(writer.statement(i).dtype);
  return `(${type} *)(scratch + ${offset}) + ${spot.indices.get(last) ?? '0'}`;
}
