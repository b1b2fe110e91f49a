import type { Code } from '../encoding.ts';
import type { Lane } from '../lane.ts';
import { columnBlock, type Loops } from './loops.ts';
import { reductionOf } from './running.ts';
import { neighbours, type Spot, spotIn } from './spot.ts';
import { sideBySide } from './sums.ts';

/** Up to so many terms, those of a window, are written one after the other. */
const written = 9;

/** Sums along the outer axes: for every block of inner points, all outer ones. */
export function writeColumns(loops: Loops): void {
  const { outer } = loops.kernel;
  const nest = (spot: Spot, axis: number): void => {
    if (axis < loops.last) {
      loops.loop(spot, axis, loops.range(axis), (inner) => nest(inner, axis + 1));
      return;
    }
    const write = (lane: Lane, index: Code, counts: readonly number[]) =>
      writeBlock(loops, spot, lane, index, counts);
    if (loops.last === outer && loops.units > 1) loops.divided(spot, columnBlock, columnBlock, write);
    else
      loops.vectors(
        spot,
        (spots) => {
          const [first] = spots;
          const counts = spots.map(({ vector }) => vector?.count ?? 4);
          if (first !== undefined) write(first.lane, first.indices.get(loops.last) ?? [], counts);
        },
        columnBlock / 4,
      );
  };
  nest(loops.before, outer);
  loops.storeScalars(loops.before, (statement) => !loops.followsSum(statement));
}

/** Neighbouring vectors from `index` on, summed over all outer points. */
function writeBlock(loops: Loops, spot: Spot, lane: Lane, index: Code, counts: readonly number[]): void {
  const { writer, kernel, last } = loops;
  const { outer, statements } = kernel;
  const terms = loops.points(0, outer);
  const sums = statements.flatMap((statement, i) =>
    statement.kind === 'reduce'
      ? [{ i, running: counts.map(() => sideBySide(...reductionOf(statement), loops.sumPlace(terms))) }]
      : [],
  );
  for (const { running } of sums) for (const one of running) lane.statements.push(one.start());
  const base = spotIn(spot, lane);
  const over = terms <= written ? loops.unrolled : loops.looped;
  const nest = (at: Spot, axis: number): void => {
    if (axis < outer) {
      over.call(loops, at, axis, (inner) => nest(inner, axis + 1));
      return;
    }
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
  };
  nest(base, 0);
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
