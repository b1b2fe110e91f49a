import { bytesOf } from '@pullback/core';
import { i32 } from '../instructions.ts';
import { loadFour, storeFour } from '../scalar/memory.ts';
import { target } from '../target.ts';
import type { Loops } from './loops.ts';
import { reductionOf } from './running.ts';
import { type Spot, scaled } from './spot.ts';
import { across } from './sums.ts';

/** Vectors that are read side by side, so that no addition waits for the one before. */
const together = 4;

/**
 * A row in passes over its inner points: one for each sum that needs the one before, a last one for what needs all. A value that was
 * stored in an earlier pass, or is dear and was kept in scratch memory, is not computed again.
 */
export function writeWideRow(loops: Loops, row: Spot): void {
  const { writer, kernel, last } = loops;
  const { statements, outer } = kernel;
  const passOf = (statement: number) => writer.statement(statement).pass;
  const terms = loops.points(outer, last + 1);
  const whole = outer === last || loops.extent(last) % 4 === 0;
  const again = keptBetween(loops);
  const cells = loops.stored.filter(
    (i) => !writer.isLate(i) && writer.statement(i).varies.slice(outer).includes(true),
  );
  const count = Math.max(0, ...statements.map(({ pass }) => pass)) + 1;
  for (let pass = 1; pass <= count; pass++) {
    const written = cells.filter((i) => passOf(i) + 1 === pass);
    const sums = statements.flatMap((statement, i) => {
      if (statement.kind !== 'reduce' || statement.along !== 'inner' || passOf(i) !== pass) return [];
      const one = () => across(...reductionOf(statement), loops.sumPlace(terms), whole);
      // Sums in a fixed order are one, whatever is read side by side.
      const inOrder = statement.dtype === 'float64' && statement.name === 'sum';
      return [{ i, running: Array.from({ length: inOrder ? 1 : together }, one) }];
    });
    if (sums.length === 0 && written.length === 0) continue;
    for (const { running } of sums) for (const one of running) row.lane.statements.push(one.start());
    overRow(loops, row, outer, (spots) => {
      for (const spot of spots)
        for (const [i, kept] of again) if (pass > kept.first) recall(loops, spot, i, kept);
      for (const { i, running } of sums) {
        const [input] = writer.statement(i).inputs;
        if (input === undefined) continue;
        const values = spots.map((spot) => writer.valueOf(spot, input));
        values.forEach((value, v) => {
          const own = running[v % running.length];
          own?.add(spots[v]?.lane ?? row.lane, value, spots[v]?.vector?.count ?? 4);
        });
      }
      for (const spot of spots) for (const i of written) writer.value(spot, i);
      for (const spot of spots)
        for (const [i, kept] of again) if (pass === kept.first) remember(loops, spot, i, kept);
      for (const spot of spots) for (const i of written) writer.store(spot, i);
    });
    for (const { i, running } of sums) {
      const [first, ...others] = running;
      for (const other of others) first?.join(row.lane, other);
      if (first !== undefined) writer.know(row, i, first.finish(row.lane));
    }
  }
}

function overRow(loops: Loops, spot: Spot, axis: number, visit: (spots: readonly Spot[]) => void): void {
  if (axis < loops.last)
    loops.loop(spot, axis, loops.whole(axis), (inner) => overRow(loops, inner, axis + 1, visit));
  else loops.vectors(spot, visit, together);
}

interface Kept {
  /** The pass in which it is computed. */
  readonly first: number;
  /** Where the row lies in scratch memory; undefined where it is stored in a buffer anyway. */
  readonly offset: number | undefined;
}

/** The statements that an earlier pass computed and later ones read. */
function keptBetween(loops: Loops): Map<number, Kept> {
  const { writer, kernel, last } = loops;
  const passOf = (statement: number) => writer.statement(statement).pass;
  const { statements, outer } = kernel;
  const available = new Map<number, number>();
  const read = new Set<number>();
  if (outer !== last) return new Map();
  const stored = new Set(loops.stored);
  const visit = (i: number, pass: number, seen: Set<number>): void => {
    const statement = writer.statement(i);
    const { kind, varies, inputs } = statement;
    const isDear = statement.kind === 'map' && target.costOf(statement.formula) === 'dear';
    if (kind === 'reduce' || varies[outer] !== true || seen.has(i)) return;
    seen.add(i);
    const first = available.get(i);
    if (first !== undefined && first < pass) {
      read.add(i);
      return;
    }
    const isStored = stored.has(i) && passOf(i) + 1 === pass;
    if (isStored || isDear) available.set(i, pass);
    for (const input of inputs) if (input.kind === 'statement') visit(input.statement, pass, seen);
  };
  const count = Math.max(0, ...statements.map(({ pass }) => pass)) + 1;
  for (let pass = 1; pass <= count; pass++) {
    const seen = new Set<number>();
    statements.forEach((statement, i) => {
      const sums = statement.kind === 'reduce' && statement.along === 'inner' && passOf(i) === pass;
      if (sums)
        for (const input of statement.inputs)
          if (input.kind === 'statement') visit(input.statement, pass, seen);
      if (stored.has(i) && !writer.isLate(i) && passOf(i) + 1 === pass) visit(i, pass, seen);
    });
  }
  return new Map(
    [...read].map((i): [number, Kept] => {
      const first = available.get(i) ?? 1;
      if (stored.has(i) && passOf(i) + 1 === first) return [i, { first, offset: undefined }];
      const bytes = (loops.extent(last) + 4) * bytesOf(writer.statement(i).dtype);
      return [i, { first, offset: loops.scratch.take(bytes) }];
    }),
  );
}

function remember(loops: Loops, spot: Spot, i: number, { offset }: Kept): void {
  if (offset === undefined) return;
  const { dtype } = loops.writer.statement(i);
  const value = loops.writer.value(spot, i);
  spot.lane.statements.push(storeFour(dtype, inScratch(loops, spot, bytesOf(dtype)), value, offset, 4));
}

function recall(loops: Loops, spot: Spot, i: number, { offset }: Kept): void {
  const { writer, kernel } = loops;
  const { dtype } = writer.statement(i);
  const store = kernel.stores.find(({ statement }) => statement === i);
  const value =
    offset === undefined && store !== undefined
      ? writer.valueOf(spot, { kind: 'load', buffer: store.buffer, view: store.view, dtype })
      : spot.lane.keepAll(loadFour(dtype, inScratch(loops, spot, bytesOf(dtype)), offset ?? 0, spot.lane));
  writer.know(spot, i, value);
}

function inScratch({ scratchAt, last }: Loops, spot: Spot, bytes: number) {
  return i32.add(scratchAt, scaled(spot.indices.get(last) ?? i32.const(0), bytes));
}
