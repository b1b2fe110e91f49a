import type { LoopKernel } from '@pullback/compiler';
import { types } from '../encoding.ts';
import type { LaneOptions } from '../lane.ts';
import { writeColumns } from './columns.ts';
import { Loops } from './loops.ts';
import type { Places } from './places.ts';
import { writeRows } from './rows.ts';
import { Scratch } from './running.ts';
import { crossingOf, writeTiles } from './tiles.ts';

/** A function (from, to, scratch, what its places ask for) that does the units of work `from` to `to - 1` of a kernel. */
export interface Defined {
  readonly index: number;
  readonly units: number;
  /** Bytes of scratch memory that it needs. */
  readonly scratch: number;
}

const writers: Readonly<Record<LoopKernel['order'], (loops: Loops) => void>> = {
  map: writeMap,
  rows: writeRows,
  columns: writeColumns,
};

function writeMap(loops: Loops): void {
  const cross = crossingOf(loops);
  if (cross === undefined) loops.writeMap();
  else writeTiles(loops, cross);
}

export function defineLoop(kernel: LoopKernel, places: Places, options: LaneOptions): Defined {
  const scratch = new Scratch();
  let units = 1;
  const parameters = [types.i32, types.i32, types.i32, ...places.parameters];
  const index = places.module.define({ parameters }, (locals) => {
    const loops = new Loops(kernel, locals, places, options, scratch);
    units = loops.units;
    return loops.code(writers[kernel.order]);
  });
  return { index, units, scratch: scratch.bytes };
}
