import { types } from '../../encoding.ts';
import { branch, branchIf, choose, f64, get, i32, loop, set, when } from '../../instructions.ts';
import type { ScalarCode } from './scalar-code.ts';

const [a, b] = [get(0), get(1)];
const number = f64.const;

/**
 * a - b floor(a / b), as core's mod: the rest of |a| by |b|, from which |b| times powers of 2 are taken off, largest first, without any
 * rounding; with the sign of a, and moved by b where the signs differ.
 */
export const mod: ScalarCode = {
  parameters: 2,
  write: (scalar) => {
    const divisor = scalar.keep(f64.abs(b));
    const [rest, part] = [scalar.locals.make(types.f64), scalar.locals.make(types.f64)];
    const isNumber = i32.and(f64.lt(f64.abs(a), number(Infinity)), f64.gt(divisor, number(0)));
    scalar.returnWhen(i32.eqz(isNumber), number(Number.NaN));
    const half = f64.mul(get(part), number(0.5));
    // part <= rest - part is 2 part <= rest without overflow.
    const grows = f64.le(get(part), f64.sub(get(rest), get(part)));
    const grow = loop(when(grows, [set(part, f64.add(get(part), get(part))), branch(1)]));
    const takeOff = when(f64.ge(get(rest), get(part)), set(rest, f64.sub(get(rest), get(part))));
    const shrink = loop(takeOff, set(part, half), branchIf(0, f64.ge(get(part), divisor)));
    scalar.statements.push(
      set(rest, f64.abs(a)),
      set(part, divisor),
      when(f64.lt(divisor, number(Infinity)), [grow, shrink]),
    );
    const signed = scalar.keep(f64.copysign(get(rest), a));
    const moved = i32.ne(f64.lt(signed, number(0)), f64.lt(b, number(0)));
    return choose(f64.add(signed, b), signed, i32.and(moved, f64.ne(signed, number(0))));
  },
};
