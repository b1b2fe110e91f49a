import type { Code } from '../encoding.ts';
import { i32 } from '../instructions.ts';
import { target } from '../target.ts';
import type { Loops } from './loops.ts';
import { type Running, reductionOf } from './running.ts';
import { type Spot, spotIn, type Vector } from './spot.ts';
import { across, sideBySide } from './sums.ts';
import { writeWideRow } from './wide-row.ts';

/** Narrow rows stay in registers; those of one axis up to four times as wide, where few statements are written for each vector. */
const { narrowRow } = target;
const mostCode = 160;
/** So many vectors of neighbouring rows are computed side by side: the steps of one row wait for each other. */
const abreast = 8;

function staysInRegisters({ kernel, last }: Loops, columns: number): boolean {
  if (columns <= narrowRow) return true;
  const vectors = Math.ceil(columns / 4);
  const { outer, statements } = kernel;
  return outer === last && vectors <= narrowRow && vectors * statements.length <= mostCode;
}

interface Place {
  readonly known: readonly (readonly [axis: number, index: Code])[];
  readonly vector: Vector;
}

/** Sums along the inner axes, and then perhaps along the outer ones: for every outer point, all inner ones. */
export function writeRows(loops: Loops): void {
  const { writer, kernel, before } = loops;
  const { outer, space, statements } = kernel;
  const columns = loops.points(outer, space.length);
  const stays = staysInRegisters(loops, columns);
  const places = stays ? placesInRow(loops) : [];
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
  const together = stays ? Math.max(1, Math.floor(abreast / Math.max(1, places.length))) : 1;
  const write = (side: readonly Spot[]): void => {
    const rows = side.map((spot) => spotIn(spot, spot.lane, { kind: 'row' }));
    if (stays) writeNarrowRows(loops, rows, places, late);
    else
      for (const row of rows) {
        writeWideRow(loops, row);
        addLate(loops, row, [], late);
        loops.write(row, storedOnceARow(loops));
      }
  };
  const nest = (spot: Spot, axis: number): void => {
    if (axis === outer) write([spot]);
    else if (axis === outer - 1 && together > 1)
      loops.abreast([spot], axis, loops.range(axis), together, ([side = []]) => write(side));
    else loops.loop(spot, axis, loops.range(axis), (inner) => nest(inner, axis + 1));
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

/** Everything in registers: the vectors of some rows side by side. */
function writeNarrowRows(
  loops: Loops,
  rows: readonly Spot[],
  places: readonly Place[],
  late: ReadonlyMap<number, readonly Running[]>,
): void {
  const { writer, kernel, last } = loops;
  const { outer, statements } = kernel;
  const spotsOf = new Map(rows.map((row) => [row, besideEachOther(row, places, outer === last)]));
  const spots = [...spotsOf.values()].flat();
  statements.forEach((statement, i) => {
    if (statement.kind !== 'reduce' || statement.along !== 'inner') return;
    const [input] = statement.inputs;
    if (input === undefined) return;
    for (const spot of spots) writer.valueOf(spot, input);
    for (const [row, cells] of spotsOf) {
      const { lane } = row;
      const running = across(...reductionOf(statement), loops.sumPlace(4 * narrowRow), true);
      lane.statements.push(running.start());
      for (const spot of cells) running.add(lane, writer.valueOf(spot, input), spot.vector?.count ?? 4);
      writer.know(row, i, running.finish(lane));
    }
  });
  for (const [row, cells] of spotsOf) addLate(loops, row, cells, late);
  const onceARow = storedOnceARow(loops);
  const each = loops.stored.filter(
    (i) => !writer.isLate(i) && writer.statement(i).varies.slice(outer).includes(true),
  );
  for (const i of each) for (const spot of spots) writer.value(spot, i);
  for (const i of onceARow) for (const row of rows) writer.value(row, i);
  for (const i of each) for (const spot of spots) writer.store(spot, i);
  for (const i of onceARow) for (const row of rows) writer.store(row, i);
}

/** Spots of a row; where it is one axis they share the address of the first. */
function besideEachOther(row: Spot, places: readonly Place[], oneAxis: boolean): readonly Spot[] {
  const spots: Spot[] = [];
  places.forEach((place, v) => {
    const [first] = spots;
    const beside =
      oneAxis && first !== undefined ? { spot: first, by: v * 4, axis: place.vector.axis } : undefined;
    spots.push(spotIn(row, row.lane, { ...place, beside }));
  });
  return spots;
}

/** The statements that are known once a row and stored. */
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
