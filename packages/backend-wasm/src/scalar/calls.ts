import type { HostFunction } from '@pullback/core';
import { type Code, types } from '../encoding.ts';
import { branch, branchIf, f64, get, i32, leave, loop, set, when } from '../instructions.ts';
import type { Locals, ModuleBuilder } from '../module.ts';

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
