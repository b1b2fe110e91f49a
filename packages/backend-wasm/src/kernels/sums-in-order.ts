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

/** float64 sums of four neighbours, each over terms of its own. */
export class ColumnsInOrder implements Running {
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

/** One float64 sum over all elements. */
export class OneInOrder implements Running {
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
