import { type DType, InternalError } from '@pullback/core';
import { type Code, types } from '../encoding.ts';
import { f32x4, f64x2, get, i32x4, set, shuffle } from '../instructions.ts';
import type { Four, Lane } from '../lane.ts';
import type { Locals } from '../module.ts';
import { folded, only } from './lanes-as-one.ts';
import { FloatMaximum } from './maximum.ts';
import type { Running, SumPlace } from './running.ts';
import { ColumnsInOrder, OneInOrder } from './sums-in-order.ts';

/** The results of four neighbours, each over terms of its own. */
export function sideBySide(name: 'sum' | 'max', dtype: DType, place: SumPlace): Running {
  if (name === 'max') return maximum(dtype, place, false);
  if (dtype === 'float32') return new WideSum(place.locals, false);
  if (dtype === 'float64') return new ColumnsInOrder(place);
  return new IntegerSum(place.locals, false);
}

/** One result over all four elements; it comes in all lanes. */
export function across(name: 'sum' | 'max', dtype: DType, place: SumPlace, whole: boolean): Running {
  if (name === 'max') return maximum(dtype, place, true);
  if (dtype === 'float32') return new WideSum(place.locals, true);
  if (dtype === 'float64') return new OneInOrder(place, whole);
  return new IntegerSum(place.locals, true);
}

function maximum(dtype: DType, { locals }: SumPlace, isAcross: boolean): Running {
  if (dtype === 'float32' || dtype === 'float64') return new FloatMaximum(dtype, locals, isAcross);
  return new IntegerMaximum(locals, isAcross);
}

/** float32 terms, added in float64. */
class WideSum implements Running {
  readonly #low: number;
  readonly #high: number;

  constructor(
    locals: Locals,
    readonly across: boolean,
  ) {
    this.#low = locals.make(types.v128);
    this.#high = locals.make(types.v128);
  }

  get state(): readonly number[] {
    return [this.#low, this.#high];
  }

  start(): Code {
    return [set(this.#low, f64x2.const(0)), set(this.#high, f64x2.const(0))];
  }

  add(lane: Lane, [value]: Four, count: number): void {
    const terms = this.across ? lane.keep(only(count, value, lane.constant(f32x4.const(0)), lane)) : value;
    const upper = shuffle(terms, terms, [2, 3, 2, 3]);
    lane.statements.push(
      set(this.#low, f64x2.add(get(this.#low), f64x2.promoteLowF32x4(terms))),
      set(this.#high, f64x2.add(get(this.#high), f64x2.promoteLowF32x4(upper))),
    );
  }

  join(lane: Lane, other: Running): void {
    if (!(other instanceof WideSum))
      throw new InternalError({ got: 'sums of two kinds', expected: 'one kind' });
    lane.statements.push(
      set(this.#low, f64x2.add(get(this.#low), get(other.#low))),
      set(this.#high, f64x2.add(get(this.#high), get(other.#high))),
    );
  }

  finish(lane: Lane): Four {
    const [low, high] = [get(this.#low), get(this.#high)];
    if (!this.across) {
      const [a, b] = [lane.keep(f32x4.demoteF64x2Zero(low)), lane.keep(f32x4.demoteF64x2Zero(high))];
      return [lane.keep(shuffle(a, b, [0, 1, 4, 5]))];
    }
    const both = lane.keep(f64x2.add(low, high));
    const total = lane.keep(f32x4.demoteF64x2Zero(f64x2.add(both, shuffle(both, both, [2, 3, 0, 1]))));
    return [lane.keep(shuffle(total, total, [0, 0, 0, 0]))];
  }
}

/** int32 terms, modulo 2^32. */
class IntegerSum implements Running {
  readonly #total: number;

  constructor(
    locals: Locals,
    readonly across: boolean,
  ) {
    this.#total = locals.make(types.v128);
  }

  get state(): readonly number[] {
    return [this.#total];
  }

  start(): Code {
    return set(this.#total, i32x4.const(0));
  }

  add(lane: Lane, [value]: Four, count: number): void {
    const terms = this.across ? only(count, value, lane.constant(i32x4.const(0)), lane) : value;
    lane.statements.push(set(this.#total, i32x4.add(get(this.#total), terms)));
  }

  join(lane: Lane, other: Running): void {
    if (!(other instanceof IntegerSum))
      throw new InternalError({ got: 'sums of two kinds', expected: 'one kind' });
    lane.statements.push(set(this.#total, i32x4.add(get(this.#total), get(other.#total))));
  }

  finish(lane: Lane): Four {
    return [this.across ? folded(lane, get(this.#total), i32x4.add) : get(this.#total)];
  }
}

/** The largest int32. */
class IntegerMaximum implements Running {
  readonly #best: number;

  constructor(
    locals: Locals,
    readonly across: boolean,
  ) {
    this.#best = locals.make(types.v128);
  }

  get state(): readonly number[] {
    return [this.#best];
  }

  start(): Code {
    return set(this.#best, least);
  }

  add(lane: Lane, [value]: Four, count: number): void {
    const terms = this.across ? only(count, value, lane.constant(least), lane) : value;
    lane.statements.push(set(this.#best, i32x4.maxS(get(this.#best), terms)));
  }

  join(lane: Lane, other: Running): void {
    if (!(other instanceof IntegerMaximum))
      throw new InternalError({ got: 'maxima of two kinds', expected: 'one kind' });
    lane.statements.push(set(this.#best, i32x4.maxS(get(this.#best), get(other.#best))));
  }

  finish(lane: Lane): Four {
    return [this.across ? folded(lane, get(this.#best), i32x4.maxS) : get(this.#best)];
  }
}

const least = i32x4.const(-2147483648);
