import { InternalError } from '@pullback/core';
import { type Code, types } from '../encoding.ts';
import { branchIf, f64, f64x2, get, i32, loop, set, v128, when } from '../instructions.ts';
import type { Four, Lane } from '../lane.ts';
import type { Running, SumPlace } from './running.ts';

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

function stackOf({ locals, scratch, scratchAt }: SumPlace, width: number): StackPlace {
  const offset = scratch.take(levels * width);
  return {
    top: locals.make(types.i32),
    turns: locals.make(types.i32),
    bottom: i32.add(scratchAt, i32.const(offset)),
    width,
  };
}

/** A sum whose terms are counted, so that full runs go to the stack. */
abstract class InOrder implements Running {
  readonly state = undefined;
  readonly #stack: StackPlace | undefined;
  readonly #seen: number;

  constructor(place: SumPlace, width: number) {
    this.#seen = place.locals.make(types.i32);
    this.#stack = place.terms > run ? stackOf(place, width) : undefined;
  }

  protected abstract get accumulators(): Accumulators;
  abstract add(lane: Lane, four: Four, count: number): void;
  protected abstract total(lane: Lane): Four;

  start(): Code {
    const stack = this.#stack;
    return [
      this.accumulators.clear(),
      set(this.#seen, i32.const(0)),
      stack === undefined ? [] : set(stack.top, stack.bottom),
    ];
  }

  /** After so many terms more. */
  protected counted(lane: Lane, terms: number): void {
    if (this.#stack === undefined) return;
    const seen = get(this.#seen);
    lane.statements.push(
      set(this.#seen, i32.add(seen, i32.const(terms))),
      when(i32.eqz(i32.and(seen, i32.const(run - 1))), pushed(this.#stack, seen, this.accumulators)),
    );
  }

  /** A sum in order cannot be put together of parts. */
  join(): never {
    throw new InternalError({ got: 'a sum in a fixed order in parts', expected: 'one part' });
  }

  finish(lane: Lane): Four {
    if (this.#stack !== undefined)
      lane.statements.push(collected(this.#stack, get(this.#seen), this.accumulators));
    return this.total(lane);
  }
}

/** float64 sums of four neighbours, each over terms of its own. */
export class ColumnsInOrder extends InOrder {
  readonly #totals: readonly [number, number];

  constructor(place: SumPlace) {
    super(place, 32);
    this.#totals = [place.locals.make(types.v128), place.locals.make(types.v128)];
  }

  protected override get accumulators(): Accumulators {
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

  override add(lane: Lane, four: Four): void {
    const [first, second = first] = four;
    const [low, high] = this.#totals;
    lane.statements.push(set(low, f64x2.add(get(low), first)), set(high, f64x2.add(get(high), second)));
    this.counted(lane, 1);
  }

  protected override total(): Four {
    return [get(this.#totals[0]), get(this.#totals[1])];
  }
}

/** One float64 sum over all elements. */
export class OneInOrder extends InOrder {
  readonly #total: number;

  constructor(
    place: SumPlace,
    /** Whether runs end where four elements end. */
    readonly whole: boolean,
  ) {
    super(place, 16);
    this.#total = place.locals.make(types.f64);
  }

  protected override get accumulators(): Accumulators {
    const total = this.#total;
    return {
      addFrom: (address) => set(total, f64.add(f64.load(address), get(total))),
      storeTo: (address) => f64.store(address, get(total)),
      loadFrom: (address) => set(total, f64.load(address)),
      clear: () => set(total, f64.const(0)),
    };
  }

  override add(lane: Lane, four: Four, count: number): void {
    for (let k = 0; k < count; k++) {
      const half = (k < 2 ? four[0] : four[1]) ?? four[0];
      lane.statements.push(set(this.#total, f64.add(get(this.#total), f64x2.extractLane(half, k % 2))));
      if (!this.whole) this.counted(lane, 1);
    }
    if (this.whole) this.counted(lane, count);
  }

  protected override total(lane: Lane): Four {
    const total = lane.keep(f64x2.splat(get(this.#total)));
    return [total, total];
  }
}
