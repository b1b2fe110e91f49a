import type { HostFunction } from '@pullback/core';
import type { Code } from '../encoding.ts';
import { call, f32, f32x4, f64, f64x2 } from '../instructions.ts';
import type { Lane } from '../lane.ts';
import { eachWide, type Wide } from './halves.ts';

/** f of each float64. */
export function callHost(lane: Lane, f: HostFunction, x: Wide): Wide {
  return eachDouble(lane.calls.host(f), [x]);
}

export function restOfDoubles(lane: Lane, a: Wide, b: Wide): Wide {
  return eachDouble(lane.calls.rest(), [a, b]);
}

/** Of four float32, by float64. */
export function restOfFloats(lane: Lane, a: Code, b: Code): Code {
  const index = lane.calls.rest();
  const element = (i: number) =>
    f32.demoteF64(
      call(index, f64.promoteF32(f32x4.extractLane(a, i)), f64.promoteF32(f32x4.extractLane(b, i))),
    );
  return [1, 2, 3].reduce<Code>(
    (vector, i) => f32x4.replaceLane(vector, i, element(i)),
    f32x4.splat(element(0)),
  );
}

function eachDouble(index: number, operands: readonly Wide[]): Wide {
  return eachWide((...halves) => {
    const element = (i: number) => call(index, ...halves.map((half) => f64x2.extractLane(half, i)));
    return f64x2.replaceLane(f64x2.splat(element(0)), 1, element(1));
  }, operands);
}
