import { type Code, f64, get, i32, type Locals, repeat, set, storeUpTo, types, v128 } from './assembler.ts';

/** Sums over the middle one of three axes, dense. */
export interface Sum {
  readonly outer: number;
  readonly reduced: number;
  readonly inner: number;
  readonly from: number;
  readonly to: number;
}

const high = (x: Code): Code => v128.shuffle(x, x, [2, 3, 2, 3]);

/** Sums in float64, rounded once. */
export function sumCode(locals: Locals, sum: Sum): Code {
  return sum.inner === 1 ? alongRows(locals, sum) : alongColumns(locals, sum);
}

function alongRows(locals: Locals, { outer, reduced, from, to }: Sum): Code {
  const [at, end, result] = [locals.make(types.i32), locals.make(types.i32), locals.make(types.i32)];
  const [low, upper] = [locals.make(types.v128), locals.make(types.v128)];
  const x = locals.make(types.v128);
  const total = locals.make(types.f64);
  const whole = reduced - (reduced % 4);
  const halves = v128.addDoubles(get(low), get(upper));
  return [
    set(at, i32.const(from)),
    set(result, i32.const(to)),
    repeat(result, i32.const(to + outer * 4), 4, [
      set(low, v128.const(0)),
      set(upper, v128.const(0)),
      set(end, i32.add(get(at), i32.const(whole * 4))),
      whole === 0
        ? []
        : repeat(at, get(end), 16, [
            set(x, v128.load(get(at))),
            set(low, v128.addDoubles(get(low), v128.widen(get(x)))),
            set(upper, v128.addDoubles(get(upper), v128.widen(high(get(x))))),
          ]),
      set(low, halves),
      set(total, f64.add(v128.double(get(low), 0), v128.double(get(low), 1))),
      Array.from({ length: reduced - whole }, (_, i) =>
        set(total, f64.add(get(total), f64.loadFloat(get(at), i * 4))),
      ),
      set(at, i32.add(get(at), i32.const((reduced - whole) * 4))),
      f64.storeFloat(get(result), get(total)),
    ]),
  ];
}

function alongColumns(locals: Locals, { outer, reduced, inner, from, to }: Sum): Code {
  const [start, at, end, column, result] = Array.from({ length: 5 }, () => locals.make(types.i32)) as [
    number,
    number,
    number,
    number,
    number,
  ];
  const [low, upper] = [locals.make(types.v128), locals.make(types.v128)];
  const x = locals.make(types.v128);
  const rowBytes = inner * 4;
  const whole = inner - (inner % 4);
  const four = (count: number): Code => [
    set(low, v128.const(0)),
    set(upper, v128.const(0)),
    set(at, i32.add(get(start), get(column))),
    set(end, i32.add(get(at), i32.const(reduced * rowBytes))),
    repeat(at, get(end), rowBytes, [
      set(x, v128.load(get(at))),
      set(low, v128.addDoubles(get(low), v128.widen(get(x)))),
      set(upper, v128.addDoubles(get(upper), v128.widen(high(get(x))))),
    ]),
    set(x, v128.shuffle(v128.narrow(get(low)), v128.narrow(get(upper)), [0, 1, 4, 5])),
    storeUpTo(i32.add(get(result), get(column)), get(x), 0, count),
  ];
  return [
    set(start, i32.const(from)),
    set(result, i32.const(to)),
    repeat(result, i32.const(to + outer * rowBytes), rowBytes, [
      set(column, i32.const(0)),
      whole === 0 ? [] : repeat(column, i32.const(whole * 4), 16, four(4)),
      inner > whole ? four(inner - whole) : [],
      set(start, i32.add(get(start), i32.const(reduced * rowBytes))),
    ]),
  ];
}
