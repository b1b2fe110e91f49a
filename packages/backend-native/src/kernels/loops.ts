import type { LoopKernel } from '@pullback/compiler';
import { Block, Names } from '../c/block.ts';
import type { Lanes } from '../c/lanes.ts';
import type { Scratch } from './scratch.ts';
import { type Places, type Spot, spotIn, Writer } from './spot.ts';

/** Vectors of columns that are summed side by side. */
const columnVectors = 4;
/** Elements of a unit of work of a flat loop. */
const stretch = 1024;

/** The loops of a kernel: maps, rows and columns are written with them. */
export class Loops {
  readonly writer: Writer;
  /** Outside of all loops. */
  readonly before: Spot;
  readonly names = new Names();

  constructor(
    readonly kernel: LoopKernel,
    places: Places,
    readonly lanes: Lanes,
    readonly scratch: Scratch,
  ) {
    this.writer = new Writer(kernel, places, lanes, this.names);
    this.before = spotIn(undefined, new Block(), { kind: 'before' });
  }

  /** The axis along which neighbours are taken together. */
  get last(): number {
    return this.kernel.space.length - 1;
  }

  get columnBlock(): number {
    return this.lanes.isPlain ? 16 : columnVectors * this.lanes.count;
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
      return space.length - outer > 1 ? this.extent(outer) : Math.ceil(this.extent(outer) / this.columnBlock);
    return space.length > 1 ? this.extent(0) : Math.ceil(this.extent(0) / stretch);
  }

  /** The statements that are stored. */
  get stored(): number[] {
    return [...new Set(this.kernel.stores.map(({ statement }) => statement))];
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
  range(axis: number): readonly [string, string] {
    const { order, outer } = this.kernel;
    const divided = (order === 'columns' ? axis === outer : axis === 0) && this.units > 1;
    return divided ? ['from', 'to'] : this.whole(axis);
  }

  whole(axis: number): readonly [string, string] {
    return ['0', String(this.extent(axis))];
  }

  loop(
    spot: Spot,
    axis: number,
    [start, end]: readonly [string, string],
    write: (inner: Spot) => void,
  ): void {
    const index = this.names.next('i');
    const inner = spotIn(spot, new Block(), { known: [[axis, index]] });
    write(inner);
    spot.block.nest(`for (int64_t ${index} = ${start}; ${index} < ${end}; ${index}++)`, inner.block);
  }

  /** The last axis: `together` neighbouring vectors at a time, then what is left. */
  vectors(spot: Spot, visit: (spots: readonly Spot[]) => void, together = 1): void {
    const { order, space } = this.kernel;
    const unit = order === 'map' && space.length === 1 && this.units > 1 ? stretch : undefined;
    this.steps(spot, together * this.lanes.count, unit, (block, index, counts) =>
      visit(this.neighbours(spot, block, index, counts)),
    );
  }

  /** Neighbouring vectors of `counts` elements along the last axis, from `index` on. */
  neighbours(parent: Spot, block: Block, index: string, counts: readonly number[]): Spot[] {
    return counts.map((count, v) =>
      spotIn(parent, block, {
        known: [[this.last, v === 0 ? index : shifted(index, v * this.lanes.count)]],
        vector: { axis: this.last, count },
      }),
    );
  }

  /** The last axis in steps, of which the units of work, of `unit` elements each where they are given, say which; then what is left. */
  steps(
    spot: Spot,
    step: number,
    unit: number | undefined,
    write: (block: Block, index: string, counts: readonly number[]) => void,
  ): void {
    const extent = this.extent(this.last);
    const whole = extent - (extent % step);
    if (whole > 0) {
      const index = this.names.next('i');
      const block = new Block();
      write(block, index, this.#counts(step));
      const [start, end] =
        unit === undefined
          ? ['0', String(whole)]
          : [`from * ${unit}`, `to * ${unit} < ${whole} ? to * ${unit} : ${whole}`];
      spot.block.nest(
        `for (int64_t ${index} = ${start}, end = ${end}; ${index} < end; ${index} += ${step})`,
        block,
      );
    }
    const rest = extent - whole;
    if (rest === 0) return;
    const block = new Block();
    write(block, String(whole), this.#counts(rest));
    spot.block.nest(unit === undefined ? '' : `if (to >= ${this.units})`, block);
  }

  /** The elements of each vector of so many. */
  #counts(elements: number): number[] {
    const { count } = this.lanes;
    return Array.from({ length: Math.ceil(elements / count) }, (_, k) =>
      Math.min(count, elements - k * count),
    );
  }
}

function shifted(index: string, by: number): string {
  return /^\d+$/.test(index) ? String(Number(index) + by) : `(${index} + ${by})`;
}
