import { type Code, types } from '../encoding.ts';
import { choose, get, i32, set } from '../instructions.ts';
import type { Locals } from '../module.ts';
import { plus, times } from './strided.ts';

/** One of several axes of lines or of steps: how far a step along it goes, in elements and in each bound. */
export interface NestAxis {
  readonly extent: number;
  readonly stride: number;
  readonly bounds: readonly number[];
}

/** Where the elements of a factor are whose lines or steps are several axes, row-major, or which is 0 outside of bounds. */
export interface Nest {
  readonly lines: readonly NestAxis[];
  readonly steps: readonly NestAxis[];
  /** Places count from `start`, code that may depend on the batch; those from 0 up to below `extent` exist. */
  readonly bounds: readonly { readonly start: (batch: Code) => Code; readonly extent: number }[];
  /** Whether the start of a bound depends on the batch. */
  readonly batched: boolean;
}

/** How far an element is from the first one: in bytes, and in each bound. */
export interface Reached {
  readonly bytes: Code;
  readonly bounds: readonly Code[];
}

/** How far the element at row-major place `index` of some axes is; `code` sets the locals that it is made of. */
export function reach(
  locals: Locals,
  axes: readonly NestAxis[],
  index: Code,
  bytes: number,
  bounds: number,
): { readonly code: Code; readonly to: Reached } {
  const code: Code[] = [];
  let inside = axes.reduce((size, { extent }) => size * extent, 1);
  const places = axes.map(({ extent }, axis) => {
    inside /= extent;
    const quotient = inside === 1 ? index : i32.divU(index, i32.const(inside));
    const local = locals.make(types.i32);
    code.push(set(local, axis === 0 ? quotient : i32.remU(quotient, i32.const(extent))));
    return get(local);
  });
  const sum = (strideOf: (axis: NestAxis) => number): Code => {
    const [first = i32.const(0), ...others] = axes.flatMap((axis, i) => {
      const stride = strideOf(axis);
      return stride === 0 ? [] : [times(places[i] ?? [], stride)];
    });
    return others.reduce((total, far) => i32.add(total, far), first);
  };
  return {
    code,
    to: {
      bytes: sum(({ stride }) => stride * bytes),
      bounds: Array.from({ length: bounds }, (_, b) => sum((axis) => axis.bounds[b] ?? 0)),
    },
  };
}

/**
 * Of steps from `place` of a bound on, `pace` apart, 0 or more: raises `low` to the first that exists, and lowers `high` to the one behind the
 * last. `settle` makes an order of them.
 */
export function clip(low: number, high: number, place: number, pace: number, extent: number): Code {
  if (pace === 0) return set(high, choose(get(high), i32.const(0), i32.ltU(get(place), i32.const(extent))));
  const above = (x: Code): Code => (pace === 1 ? x : i32.divS(plus(x, pace - 1), i32.const(pace)));
  const first = above(i32.sub(i32.const(0), get(place)));
  const end = above(i32.sub(i32.const(extent), get(place)));
  return [
    set(low, choose(first, get(low), i32.gtS(first, get(low)))),
    set(high, choose(end, get(high), i32.ltS(end, get(high)))),
  ];
}

/** 0 <= low <= high, whatever they were. */
export function settle(low: number, high: number): Code {
  return [
    set(high, choose(get(high), i32.const(0), i32.gtS(get(high), i32.const(0)))),
    set(low, choose(get(low), get(high), i32.ltS(get(low), get(high)))),
  ];
}
