import { Block } from '../c/block.ts';
import type { Loops } from './loops.ts';
import { type Spot, spotIn } from './spot.ts';
import { type Running, reductionOf, sideBySide } from './sums.ts';

/** Sums along the outer axes: for every block of inner points, all outer ones. */
export function writeColumns(loops: Loops): void {
  const { outer, space } = loops.kernel;
  const nest = (spot: Spot, axis: number): void => {
    if (axis < loops.last) {
      loops.loop(spot, axis, loops.range(axis), (inner) => nest(inner, axis + 1));
      return;
    }
    const unit = loops.last === outer && loops.units > 1 ? loops.columnBlock : undefined;
    const step = loops.lanes.isPlain ? 1 : loops.columnBlock;
    loops.steps(spot, step, unit, (block, index, counts) => writeBlock(loops, spot, block, index, counts));
  };
  if (space.length > outer) nest(loops.before, outer);
  loops.storeScalars(loops.before, (statement) => !loops.writer.followsSum(statement));
}

/** Neighbouring vectors from `index` on, summed over all outer points. */
function writeBlock(loops: Loops, spot: Spot, block: Block, index: string, counts: readonly number[]): void {
  const { writer, kernel, lanes, names } = loops;
  const { outer, statements } = kernel;
  const terms = loops.points(0, outer);
  const sums = statements.flatMap((statement, i): { i: number; running: Running[] }[] =>
    statement.kind === 'reduce'
      ? [{ i, running: counts.map(() => sideBySide(reductionOf(statement), { lanes, names, terms })) }]
      : [],
  );
  for (const { running } of sums) for (const one of running) one.start(block);
  const base = spotIn(spot, block);
  const nest = (at: Spot, axis: number): void => {
    if (axis < outer) {
      loops.loop(at, axis, loops.whole(axis), (inner) => nest(inner, axis + 1));
      return;
    }
    const spots = loops.neighbours(at, at.block, index, counts);
    for (const { i, running } of sums) {
      const [input] = writer.statement(i).inputs;
      if (input === undefined) continue;
      const values = spots.map((each) => writer.valueOf(each, input));
      values.forEach((value, v) => {
        running[v]?.add(at.block, value, { vector: 0, count: lanes.count, index });
      });
    }
    for (const each of spots) loops.storeAt(each, (statement) => !writer.isLate(statement));
  };
  nest(base, 0);
  const done = spotIn(base, block, { kind: 'late' });
  const spots = loops.neighbours(done, block, index, counts);
  spots.forEach((each, v) => {
    for (const { i, running } of sums) {
      const one = running[v];
      if (one !== undefined)
        writer.know(each, i, writer.keep(block, writer.statement(i).dtype, one.finish(block), 'sum'));
    }
  });
  for (const each of spots) loops.storeAt(each, (statement) => writer.isLate(statement));
}

export { Block };
