import type { LoopKernel } from '@pullback/compiler';
import { type Code, types } from '../encoding.ts';
import { choose, get, i32, repeat, set, when } from '../instructions.ts';
import { Constants, Lane, type LaneOptions } from '../lane.ts';
import type { Locals } from '../module.ts';
import { Bases } from './bases.ts';
import type { Places } from './places.ts';
import type { Scratch, SumPlace } from './running.ts';
import { besides, type Load, neighbours, type Spot, spotIn, Writer } from './spot.ts';

/** Columns that are summed side by side. */
export const columnBlock = 16;
/** Elements of a unit of work of a flat loop. */
const stretch = 256;

const [from, to, scratchAt, table] = [get(0), get(1), get(2), get(3)];

/** The loops of a kernel: maps, rows and columns are written with them. */
export class Loops {
  readonly writer: Writer;
  readonly scratchAt = scratchAt;
  /** Outside of all loops. */
  readonly before: Spot;
  readonly #bases: Bases;
  readonly #constants: Constants;

  constructor(
    readonly kernel: LoopKernel,
    readonly locals: Locals,
    places: Places,
    readonly options: LaneOptions,
    readonly scratch: Scratch,
  ) {
    this.#bases = new Bases(locals, places, table);
    this.#constants = new Constants(locals);
    this.writer = new Writer(kernel, this.#bases);
    this.before = spotIn(undefined, this.lane(), { kind: 'before' });
  }

  lane(): Lane {
    return new Lane(this.locals, this.options, this.#constants);
  }

  /** The axis along which four elements are taken at a time. */
  get last(): number {
    return this.kernel.space.length - 1;
  }

  extent(axis: number): number {
    return this.kernel.space[axis] ?? 1;
  }

  /** The points along the axes from `first` up to but not including `end`. */
  points(first: number, end: number): number {
    return this.kernel.space.slice(first, end).reduce((n, extent) => n * extent, 1);
  }

  get units(): number {
    const { space, order, outer, statements } = this.kernel;
    if (space.includes(0) && order === 'map') return 0;
    if (space.length === 0) return 1;
    if (order === 'rows')
      return outer === 0 || statements.some((_, i) => this.writer.isLate(i)) ? 1 : this.extent(0);
    if (order === 'columns')
      return space.length - outer > 1 ? this.extent(outer) : Math.ceil(this.extent(outer) / columnBlock);
    return space.length > 1 ? this.extent(0) : Math.ceil(this.extent(0) / stretch);
  }

  /** The code that `write` makes, after the code that sets the registers which stay the same. */
  code(write: (loops: Loops) => void): Code {
    write(this);
    return [this.#bases.prologue, this.#constants.prologue, this.before.lane.statements];
  }

  /** The statements that are stored. */
  get stored(): number[] {
    return [...new Set(this.kernel.stores.map(({ statement }) => statement))];
  }

  /** The elements that statements read from buffers at their own points. */
  get loads(): Load[] {
    return this.kernel.statements.flatMap(({ inputs }) =>
      inputs.flatMap((input) => (input.kind === 'load' ? [input] : [])),
    );
  }

  /** Stores what is first known at this spot: all of it is computed before anything is written. */
  storeAt(spot: Spot, wanted: (statement: number) => boolean = () => true): void {
    this.write(
      spot,
      this.stored.filter((statement) => wanted(statement) && this.writer.isHome(spot, statement)),
    );
  }

  /** Stores what differs along no axis. */
  storeScalars(spot: Spot, wanted: (statement: number) => boolean): void {
    this.write(
      spot,
      this.stored.filter((i) => !this.writer.statement(i).varies.includes(true) && wanted(i)),
    );
  }

  write(spot: Spot, statements: readonly number[]): void {
    for (const statement of statements) this.writer.value(spot, statement);
    for (const statement of statements) this.writer.store(spot, statement);
  }

  /** Every point, none of which waits for another. */
  writeMap(spot = this.before, axis = 0): void {
    if (axis < this.last) this.loop(spot, axis, this.range(axis), (inner) => this.writeMap(inner, axis + 1));
    else if (axis === this.last) this.vectors(spot, ([each]) => each && this.storeAt(each));
    this.storeAt(spot);
  }

  /** All of an axis, or what the units of work say where they go along it. */
  range(axis: number): readonly [Code, Code] {
    const { order, outer } = this.kernel;
    const divided = (order === 'columns' ? axis === outer : axis === 0) && this.units > 1;
    return divided ? [from, to] : this.whole(axis);
  }

  whole(axis: number): readonly [Code, Code] {
    return [i32.const(0), i32.const(this.extent(axis))];
  }

  loop(spot: Spot, axis: number, [start, end]: readonly [Code, Code], write: (inner: Spot) => void): void {
    const index = this.locals.make(types.i32);
    const inner = spotIn(spot, this.lane(), { known: [[axis, get(index)]] });
    write(inner);
    spot.lane.statements.push(repeat(index, start, end, 1, inner.lane.statements));
  }

  looped(spot: Spot, axis: number, write: (inner: Spot) => void): void {
    this.loop(spot, axis, this.whole(axis), write);
  }

  /** All of an axis, without a loop. */
  unrolled(spot: Spot, axis: number, write: (inner: Spot) => void): void {
    for (let place = 0; place < this.extent(axis); place++) {
      const inner = spotIn(spot, this.lane(), { known: [[axis, i32.const(place)]] });
      write(inner);
      spot.lane.statements.push(inner.lane.statements);
    }
  }

  /** As `loop` at some spots of one lane, so many indices of the axis side by side; those that are left over one by one. */
  abreast(
    spots: readonly Spot[],
    axis: number,
    [start, end]: readonly [Code, Code],
    together: number,
    write: (sides: readonly (readonly Spot[])[]) => void,
  ): void {
    const index = this.locals.make(types.i32);
    const whole = this.locals.make(types.i32);
    const inner = (count: number): Lane => {
      const lane = this.lane();
      write(spots.map((spot) => besides(spot, lane, axis, get(index), count)));
      return lane;
    };
    const count = i32.sub(end, start);
    spots[0]?.lane.statements.push(
      set(whole, i32.add(start, i32.sub(count, i32.remU(count, i32.const(together))))),
      repeat(index, start, get(whole), together, inner(together).statements),
      repeat(index, get(whole), end, 1, inner(1).statements),
    );
  }

  /** The last axis: `together` neighbouring vectors at a time, then single ones, then what is left. */
  vectors(spot: Spot, visit: (spots: readonly Spot[]) => void, together = 1): void {
    const extent = this.extent(this.last);
    const { order, space } = this.kernel;
    if (order === 'map' && space.length === 1 && this.units > 1) {
      this.divided(spot, stretch, 4, (lane, index, counts) =>
        visit(neighbours(spot, lane, this.last, index, counts)),
      );
      return;
    }
    const index = this.locals.make(types.i32);
    let start = 0;
    for (const width of new Set([together * 4, 4])) {
      const end = extent - (extent % width);
      if (end <= start) continue;
      const lane = this.lane();
      visit(neighbours(spot, lane, this.last, get(index), new Array<number>(width / 4).fill(4)));
      spot.lane.statements.push(repeat(index, i32.const(start), i32.const(end), width, lane.statements));
      start = end;
    }
    if (start === extent) return;
    const lane = this.lane();
    visit(neighbours(spot, lane, this.last, get(index), [extent - start]));
    spot.lane.statements.push(set(index, i32.const(start)), lane.statements);
  }

  /** The last axis in steps of `step` elements, of which the units of work, of `unit` elements each, say which; then what is left. */
  divided(
    spot: Spot,
    unit: number,
    step: number,
    write: (lane: Lane, index: Code, counts: readonly number[]) => void,
  ): void {
    const extent = this.extent(this.last);
    const index = this.locals.make(types.i32);
    const end = this.locals.make(types.i32);
    const whole = extent - (extent % step);
    if (whole > 0) {
      const lane = this.lane();
      write(lane, get(index), new Array<number>(step / 4).fill(4));
      const wanted = i32.mul(to, i32.const(unit));
      spot.lane.statements.push(
        set(end, choose(i32.const(whole), wanted, i32.gtS(wanted, i32.const(whole)))),
        repeat(index, i32.mul(from, i32.const(unit)), get(end), step, lane.statements),
      );
    }
    const rest = extent - whole;
    if (rest === 0) return;
    const lane = this.lane();
    const counts = Array.from({ length: Math.ceil(rest / 4) }, (_, k) => Math.min(4, rest - k * 4));
    write(lane, get(index), counts);
    const code = [set(index, i32.const(whole)), lane.statements];
    spot.lane.statements.push(when(i32.geS(to, i32.const(this.units)), code));
  }

  sumPlace(terms: number): SumPlace {
    return { locals: this.locals, scratch: this.scratch, scratchAt, terms };
  }

  /** Whether a statement is known only when a sum is. */
  followsSum(statement: number): boolean {
    return this.writer.followsSum(statement);
  }
}
