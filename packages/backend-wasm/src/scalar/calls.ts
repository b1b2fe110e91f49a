import type { HostFunction } from '@pullback/core';
import { type Code, types } from '../encoding.ts';
import {
  branch,
  branchIf,
  call,
  f32,
  f32x4,
  f64,
  f64x2,
  get,
  i32,
  leave,
  loop,
  set,
  when,
} from '../instructions.ts';
import type { Lane } from '../lane.ts';
import type { Locals, ModuleBuilder } from '../module.ts';
import { eachWide, type Wide } from './halves.ts';

/** Functions of a module that compute one float64 at a time: the index to call each by. */
export interface Calls {
  /** a - b trunc(a / b). */
  readonly rest: () => number;
  readonly host: (f: HostFunction) => number;
}

/** The calls of a module: functions of the host are imported first, others are defined when they are first asked for. */
export function callsOf(module: ModuleBuilder, imports: readonly HostFunction[]): Calls {
  const signature = { parameters: [types.f64], results: [types.f64] };
  const indices = new Map(imports.map((f, i) => [f, module.importFunction(hostName(i), signature)]));
  let rest: number | undefined;
  return {
    rest: () => {
      rest ??= module.define({ parameters: [types.f64, types.f64], results: [types.f64] }, writeRest);
      return rest;
    },
    host: (f) => {
      const index = indices.get(f);
      if (index === undefined) throw new RangeError('a function of the host that the module does not import');
      return index;
    },
  };
}

/** The name under which a module imports its i-th function of the host. */
export function hostName(i: number): string {
  return `host${i}`;
}

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

/** The rest of |a| by |b|: |b| times powers of 2 are taken off, largest first, without any rounding; with the sign of a. */
function writeRest(locals: Locals): Code {
  const [a, b] = [get(0), get(1)];
  const [divisor, rest, part] = [locals.make(types.f64), locals.make(types.f64), locals.make(types.f64)];
  const isNumber = i32.and(f64.lt(f64.abs(a), f64.const(Infinity)), f64.gt(get(divisor), f64.const(0)));
  // part <= rest - part is 2 part <= rest without overflow.
  const grows = f64.le(get(part), f64.sub(get(rest), get(part)));
  const grow = loop(when(grows, [set(part, f64.add(get(part), get(part))), branch(1)]));
  const takeOff = when(f64.ge(get(rest), get(part)), set(rest, f64.sub(get(rest), get(part))));
  const shrink = loop(
    takeOff,
    set(part, f64.mul(get(part), f64.const(0.5))),
    branchIf(0, f64.ge(get(part), get(divisor))),
  );
  return [
    set(divisor, f64.abs(b)),
    when(i32.eqz(isNumber), [f64.const(Number.NaN), leave]),
    set(rest, f64.abs(a)),
    set(part, get(divisor)),
    when(f64.lt(get(divisor), f64.const(Infinity)), [grow, shrink]),
    f64.copysign(get(rest), a),
  ];
}
