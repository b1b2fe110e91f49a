import type { Code } from '../encoding.ts';
import { i32 } from '../instructions.ts';
import type { Loops } from './loops.ts';
import { type Running, reductionOf } from './running.ts';
import { type Spot, spotIn, type Vector } from './spot.ts';
import { across, sideBySide } from './sums.ts';
import { writeWideRow } from './wide-row.ts';

/** Rows as narrow as this stay in registers. */
const narrow = 16;

interface Place {
  readonly known: readonly (readonly [axis: number, index: Code])[];
  readonly vector: Vector;
}

/** Sums along the inner axes, and then perhaps along the outer ones: for every outer point, all inner ones. */
export function writeRows(loops: Loops): void {
  const { writer, kernel, before } = loops;
  const { outer, space, statements } = kernel;
  const columns = loops.points(outer, space.length);
  const places = columns <= narrow ? placesInRow(loops) : [];
  const late = new Map<number, readonly Running[]>();
  statements.forEach((statement, i) => {
    if (statement.kind !== 'reduce' || statement.along !== 'outer') return;
    const count = statement.varies.includes(true) ? places.length : 1;
    const terms = loops.points(0, outer);
    const running = Array.from({ length: count }, () =>
      sideBySide(...reductionOf(statement), loops.sumPlace(terms)),
    );
    late.set(i, running);
    for (const one of running) before.lane.statements.push(one.start());
  });
  const nest = (spot: Spot, axis: number): void => {
    if (axis < outer) {
      loops.loop(spot, axis, loops.range(axis), (inner) => nest(inner, axis + 1));
      return;
    }
    const row = spotIn(spot, spot.lane, { kind: 'row' });
    if (columns <= narrow) writeNarrowRow(loops, row, places, late);
    else {
      writeWideRow(loops, row);
      addLate(loops, row, [], late);
      loops.write(row, storedOnceARow(loops));
    }
  };
  nest(before, 0);
  const done = spotIn(before, before.lane, { kind: 'late' });
  const { lane } = done;
  for (const [i, [running]] of late)
    if (!writer.statement(i).varies.includes(true) && running !== undefined)
      writer.know(done, i, lane.keepAll(running.finish(lane)));
  places.forEach((place, v) => {
    const spot = spotIn(done, lane, place);
    for (const [i, running] of late) {
      const own = writer.statement(i).varies.includes(true) ? running[v] : undefined;
      if (own !== undefined) writer.know(spot, i, lane.keepAll(own.finish(lane)));
    }
    loops.storeAt(spot, (statement) => writer.isLate(statement));
  });
  loops.storeScalars(done, (statement) => writer.isLate(statement));
  loops.storeScalars(before, (i) => !writer.isLate(i) && !loops.followsSum(i));
}

/** The vectors that a narrow row consists of, in row-major order. */
function placesInRow(loops: Loops): Place[] {
  const { last } = loops;
  const { outer } = loops.kernel;
  const extent = loops.extent(last);
  return Array.from({ length: loops.points(outer, last) }, (_, row) => {
    let rest = row;
    const known: (readonly [number, Code])[] = [];
    for (let axis = last - 1; axis >= outer; axis--) {
      known.push([axis, i32.const(rest % loops.extent(axis))]);
      rest = Math.floor(rest / loops.extent(axis));
    }
    return Array.from({ length: Math.ceil(extent / 4) }, (_, k) => ({
      known: [...known, [last, i32.const(k * 4)] as const],
      vector: { axis: last, count: Math.min(4, extent - k * 4) },
    }));
  }).flat();
}

/** Everything in registers: the vectors of a row side by side. */
function writeNarrowRow(
  loops: Loops,
  row: Spot,
  places: readonly Place[],
  late: ReadonlyMap<number, readonly Running[]>,
): void {
  const { writer, kernel } = loops;
  const { outer, statements } = kernel;
  const { lane } = row;
  const spots = places.map((place) => spotIn(row, lane, place));
  statements.forEach((statement, i) => {
    if (statement.kind !== 'reduce' || statement.along !== 'inner') return;
    const [input] = statement.inputs;
    if (input === undefined) return;
    const running = across(...reductionOf(statement), loops.sumPlace(narrow), true);
    const values = spots.map((spot) => writer.valueOf(spot, input));
    lane.statements.push(running.start());
    values.forEach((value, v) => {
      running.add(lane, value, spots[v]?.vector?.count ?? 4);
    });
    writer.know(row, i, running.finish(lane));
  });
  addLate(loops, row, spots, late);
  const onceARow = storedOnceARow(loops);
  const cells = loops.stored.filter(
    (i) => !writer.isLate(i) && writer.statement(i).varies.slice(outer).includes(true),
  );
  for (const i of cells) for (const spot of spots) writer.value(spot, i);
  for (const i of onceARow) writer.value(row, i);
  for (const i of cells) for (const spot of spots) writer.store(spot, i);
  for (const i of onceARow) writer.store(row, i);
}

/** What is known once a row and stored. */
function storedOnceARow(loops: Loops): number[] {
  const { stored, writer, kernel } = loops;
  return stored.filter((i) => {
    const { varies } = writer.statement(i);
    if (writer.isLate(i) || varies.slice(kernel.outer).includes(true)) return false;
    return varies.includes(true) || loops.followsSum(i);
  });
}

function addLate(
  { writer }: Loops,
  row: Spot,
  spots: readonly Spot[],
  late: ReadonlyMap<number, readonly Running[]>,
): void {
  for (const [i, running] of late) {
    const { inputs, varies } = writer.statement(i);
    const [input] = inputs;
    if (input === undefined) continue;
    const at = varies.includes(true) ? spots : [row];
    at.forEach((spot, v) => {
      running[v]?.add(row.lane, writer.valueOf(spot, input), 4);
    });
  }
}
