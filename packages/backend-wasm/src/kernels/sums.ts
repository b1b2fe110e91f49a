import type { Statement } from '@pullback/compiler';
import type { DType } from '@pullback/core';
import { type Code, types } from '../encoding.ts';
import {
  branchIf,
  f32x4,
  f64,
  f64x2,
  get,
  i32,
  i32x4,
  loop,
  set,
  shuffle,
  v128,
  when,
} from '../instructions.ts';
import type { Four, Lane } from '../lane.ts';
import type { Locals } from '../module.ts';

/** Memory of a thread that a kernel needs while it runs. */
export class Scratch {
  bytes = 0;

  /** @returns the offset of a block from the start. */
  take(bytes: number): number {
    const offset = this.bytes;
    this.bytes += Math.ceil(bytes / 16) * 16;
    return offset;
  }
}

export interface SumPlace {
  readonly locals: Locals;
  readonly scratch: Scratch;
  /** The local of the address of the scratch memory. */
  readonly scratchAt: Code;
  /** How many terms there will be. */
  readonly terms: number;
}

/** A sum or maximum that grows, four elements at a time. */
export interface Running {
  /** Before the first term. */
  start(): Code;
  /** The first `count` of four terms. */
  add(lane: Lane, four: Four, count: number): void;
  /** Takes over what another one of its kind has added. */
  join(lane: Lane, other: Running): void;
  /** The result, after the last term. */
  finish(lane: Lane): Four;
}

/** What a statement adds up, and as what. */
export function reductionOf({ name, dtype }: Pick<Statement, 'name' | 'dtype'>): ['sum' | 'max', DType] {
  return [name === 'max' ? 'max' : 'sum', dtype];
}

/** The results of four neighbours, each over terms of its own. */
export function sideBySide(name: 'sum' | 'max', dtype: DType, place: SumPlace): Running {
  if (name === 'max') return new Maximum(dtype, place.locals, false);
  if (dtype === 'float32') return new WideSum(place.locals, false);
  if (dtype === 'float64') return new ColumnsInOrder(place);
  return new IntegerSum(place.locals, false);
}

/** One result over all four elements; it comes in all lanes. */
export function across(name: 'sum' | 'max', dtype: DType, place: SumPlace, whole: boolean): Running {
  if (name === 'max') return new Maximum(dtype, place.locals, true);
  if (dtype === 'float32') return new WideSum(place.locals, true);
  if (dtype === 'float64') return new OneInOrder(place, whole);
  return new IntegerSum(place.locals, true);
}

/** Elements from `count` on replaced by what changes nothing. */
function only(count: number, value: Code, neutral: Code, lane: Lane): Code {
  if (count >= 4) return value;
  const bytes = Array.from({ length: 16 }, (_, byte) => (byte < count * 4 ? 255 : 0));
  return v128.bitselect(value, neutral, lane.constant(v128.const(bytes)));
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
    if (!(other instanceof WideSum)) throw new Error('sums of two kinds');
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

  start(): Code {
    return set(this.#total, i32x4.const(0));
  }

  add(lane: Lane, [value]: Four, count: number): void {
    const terms = this.across ? only(count, value, lane.constant(i32x4.const(0)), lane) : value;
    lane.statements.push(set(this.#total, i32x4.add(get(this.#total), terms)));
  }

  join(lane: Lane, other: Running): void {
    if (!(other instanceof IntegerSum)) throw new Error('sums of two kinds');
    lane.statements.push(set(this.#total, i32x4.add(get(this.#total), get(other.#total))));
  }

  finish(lane: Lane): Four {
    return [this.across ? folded(lane, get(this.#total), i32x4.add) : get(this.#total)];
  }
}

/** The maximum; NaN when there is one. */
class Maximum implements Running {
  readonly #best: readonly number[];
  readonly #rules: { readonly least: Code; readonly larger: (a: Code, b: Code) => Code };

  constructor(
    readonly dtype: DType,
    locals: Locals,
    readonly across: boolean,
  ) {
    this.#best = Array.from({ length: dtype === 'float64' ? 2 : 1 }, () => locals.make(types.v128));
    this.#rules =
      dtype === 'float64'
        ? { least: f64x2.const(-Infinity), larger: f64x2.max }
        : dtype === 'float32'
          ? { least: f32x4.const(-Infinity), larger: f32x4.max }
          : { least: i32x4.const(-2147483648), larger: i32x4.maxS };
  }

  start(): Code {
    return this.#best.map((best) => set(best, this.#rules.least));
  }

  add(lane: Lane, four: Four, count: number): void {
    const { least, larger } = this.#rules;
    for (const [i, best] of this.#best.entries()) {
      const value = four[i] ?? four[0];
      const present = this.dtype === 'float64' ? Math.max(0, (count - 2 * i) * 2) : count;
      const terms = this.across ? only(present, value, lane.constant(least), lane) : value;
      lane.statements.push(set(best, larger(get(best), terms)));
    }
  }

  join(lane: Lane, other: Running): void {
    if (!(other instanceof Maximum)) throw new Error('maxima of two kinds');
    for (const [i, best] of this.#best.entries())
      lane.statements.push(set(best, this.#rules.larger(get(best), get(other.#best[i] ?? best))));
  }

  finish(lane: Lane): Four {
    const { larger } = this.#rules;
    const [first = 0, second] = this.#best;
    if (second === undefined) return [this.across ? folded(lane, get(first), larger) : get(first)];
    if (!this.across) return [get(first), get(second)];
    const both = lane.keep(larger(get(first), get(second)));
    const best = lane.keep(larger(both, shuffle(both, both, [2, 3, 0, 1])));
    return [best, best];
  }
}

/** The four lanes as one, in every lane. */
function folded(lane: Lane, value: Code, f: (a: Code, b: Code) => Code): Code {
  const two = lane.keep(f(value, shuffle(value, value, [2, 3, 0, 1])));
  return lane.keep(f(two, shuffle(two, two, [1, 0, 3, 2])));
}

const run = 64;
const levels = 34;

// float64 sums are those of the reference, bit for bit: runs of 64 in order, their sums added as a tree whose left side is the largest power
// of 2 of runs. Full runs are kept on a stack, on which two of one size become one at once.

/** Pushes the run in `total` on the stack, and joins it with those of its size. */
function pushed(place: StackPlace, seen: Code, copy: Accumulators): Code {
  const { top, turns, width } = place;
  return [
    set(turns, i32.shrU(seen, i32.const(6))),
    when(
      i32.eqz(i32.and(get(turns), i32.const(1))),
      loop(
        set(top, i32.sub(get(top), i32.const(width))),
        copy.addFrom(get(top)),
        set(turns, i32.shrU(get(turns), i32.const(1))),
        branchIf(0, i32.eqz(i32.and(get(turns), i32.const(1)))),
      ),
    ),
    copy.storeTo(get(top)),
    set(top, i32.add(get(top), i32.const(width))),
    copy.clear(),
  ];
}

interface StackPlace {
  readonly top: number;
  readonly turns: number;
  readonly bottom: Code;
  readonly width: number;
}

interface Accumulators {
  /** total = what lies at the address + total */
  addFrom(address: Code): Code;
  storeTo(address: Code): Code;
  loadFrom(address: Code): Code;
  clear(): Code;
}

/** Everything that lies on the stack and what has been added since. */
function collected({ top, bottom, width }: StackPlace, seen: Code, copy: Accumulators): Code {
  return [
    when(i32.eqz(i32.and(seen, i32.const(run - 1))), [
      set(top, i32.sub(get(top), i32.const(width))),
      copy.loadFrom(get(top)),
    ]),
    when(
      i32.gtU(get(top), bottom),
      loop(
        set(top, i32.sub(get(top), i32.const(width))),
        copy.addFrom(get(top)),
        branchIf(0, i32.gtU(get(top), bottom)),
      ),
    ),
  ];
}

/** What has its order cannot be put together of parts. */
function refuseJoin(): never {
  throw new Error('a sum in a fixed order is made by one');
}

function stackOf({ locals, scratch, scratchAt }: SumPlace, width: number): StackPlace {
  const offset = scratch.take(levels * width);
  return {
    top: locals.make(types.i32),
    turns: locals.make(types.i32),
    bottom: i32.add(scratchAt, i32.const(offset)),
    width,
  };
}

class ColumnsInOrder implements Running {
  readonly #totals: readonly [number, number];
  readonly #stack: StackPlace | undefined;
  readonly #seen: number;

  constructor(place: SumPlace) {
    const { locals, terms } = place;
    this.#totals = [locals.make(types.v128), locals.make(types.v128)];
    this.#seen = locals.make(types.i32);
    this.#stack = terms > run ? stackOf(place, 32) : undefined;
  }

  get #accumulators(): Accumulators {
    const [low, high] = this.#totals;
    return {
      addFrom: (address) => [
        set(low, f64x2.add(v128.load(address, 0), get(low))),
        set(high, f64x2.add(v128.load(address, 16), get(high))),
      ],
      storeTo: (address) => [v128.store(address, get(low), 0), v128.store(address, get(high), 16)],
      loadFrom: (address) => [set(low, v128.load(address, 0)), set(high, v128.load(address, 16))],
      clear: () => this.#totals.map((total) => set(total, f64x2.const(0))),
    };
  }

  start(): Code {
    const stack = this.#stack;
    return [
      this.#accumulators.clear(),
      set(this.#seen, i32.const(0)),
      stack === undefined ? [] : set(stack.top, stack.bottom),
    ];
  }

  add(lane: Lane, four: Four, _count: number): void {
    const [first, second = first] = four;
    const [low, high] = this.#totals;
    lane.statements.push(set(low, f64x2.add(get(low), first)), set(high, f64x2.add(get(high), second)));
    if (this.#stack === undefined) return;
    const seen = get(this.#seen);
    lane.statements.push(
      set(this.#seen, i32.add(seen, i32.const(1))),
      when(i32.eqz(i32.and(seen, i32.const(run - 1))), pushed(this.#stack, seen, this.#accumulators)),
    );
  }

  join(): void {
    refuseJoin();
  }

  finish(lane: Lane): Four {
    if (this.#stack !== undefined)
      lane.statements.push(collected(this.#stack, get(this.#seen), this.#accumulators));
    return [get(this.#totals[0]), get(this.#totals[1])];
  }
}

class OneInOrder implements Running {
  readonly #total: number;
  readonly #stack: StackPlace | undefined;
  readonly #seen: number;

  constructor(
    place: SumPlace,
    /** Whether runs end where four elements end. */
    readonly whole: boolean,
  ) {
    const { locals, terms } = place;
    this.#total = locals.make(types.f64);
    this.#seen = locals.make(types.i32);
    this.#stack = terms > run ? stackOf(place, 16) : undefined;
  }

  get #accumulators(): Accumulators {
    const total = this.#total;
    return {
      addFrom: (address) => set(total, f64.add(f64.load(address), get(total))),
      storeTo: (address) => f64.store(address, get(total)),
      loadFrom: (address) => set(total, f64.load(address)),
      clear: () => set(total, f64.const(0)),
    };
  }

  start(): Code {
    const stack = this.#stack;
    return [
      this.#accumulators.clear(),
      set(this.#seen, i32.const(0)),
      stack === undefined ? [] : set(stack.top, stack.bottom),
    ];
  }

  add(lane: Lane, four: Four, count: number): void {
    const seen = get(this.#seen);
    const check = (by: number): void => {
      if (this.#stack === undefined) return;
      lane.statements.push(
        set(this.#seen, i32.add(seen, i32.const(by))),
        when(i32.eqz(i32.and(seen, i32.const(run - 1))), pushed(this.#stack, seen, this.#accumulators)),
      );
    };
    for (let k = 0; k < count; k++) {
      const half = (k < 2 ? four[0] : four[1]) ?? four[0];
      lane.statements.push(set(this.#total, f64.add(get(this.#total), f64x2.extractLane(half, k % 2))));
      if (!this.whole) check(1);
    }
    if (this.whole) check(count);
  }

  join(): void {
    refuseJoin();
  }

  finish(lane: Lane): Four {
    if (this.#stack !== undefined)
      lane.statements.push(collected(this.#stack, get(this.#seen), this.#accumulators));
    const total = lane.keep(f64x2.splat(get(this.#total)));
    return [total, total];
  }
}
