import type { LoopKernel } from '@pullback/compiler';
import { bytesOf } from '@pullback/core';
import { type Code, types } from '../encoding.ts';
import { choose, get, i32, repeat, set, when } from '../instructions.ts';
import { Constants, Lane, type LaneOptions } from '../lane.ts';
import type { Locals } from '../module.ts';
import { loadFour, storeFour } from '../rules/memory.ts';
import { Bases, type Globals } from './bases.ts';
import { type Spot, spotIn, type Vector, Writer } from './spot.ts';
import { across, type Running, Scratch, type SumPlace, sideBySide } from './sums.ts';

/** A function (from, to, scratch) that does the units of work `from` to `to - 1` of a kernel. */
export interface Defined {
  readonly index: number;
  readonly units: number;
  /** Bytes of scratch memory that it needs. */
  readonly scratch: number;
}

/** Rows as narrow as this stay in registers. */
const narrow = 16;
/** Columns that are summed side by side. */
const block = 16;
/** Elements of a unit of work of a flat loop. */
const stretch = 256;

const [from, to, scratchAt] = [get(0), get(1), get(2)];

export function defineLoop(kernel: LoopKernel, globals: Globals, options: LaneOptions): Defined {
  const scratch = new Scratch();
  let units = 1;
  const index = globals.module.define({ parameters: [types.i32, types.i32, types.i32] }, (locals) => {
    const loops = new Loops(kernel, locals, globals, options, scratch);
    units = loops.units;
    return loops.code();
  });
  return { index, units, scratch: scratch.bytes };
}

class Loops {
  readonly writer: Writer;
  readonly bases: Bases;
  readonly constants: Constants;
  readonly #before: Spot;

  constructor(
    readonly kernel: LoopKernel,
    readonly locals: Locals,
    globals: Globals,
    readonly options: LaneOptions,
    readonly scratch: Scratch,
  ) {
    this.bases = new Bases(locals, globals);
    this.constants = new Constants(locals);
    this.writer = new Writer(kernel, this.bases);
    this.#before = spotIn(undefined, this.lane(), { kind: 'before' });
  }

  lane(): Lane {
    return new Lane(this.locals, this.options, this.constants);
  }

  get #last(): number {
    return this.kernel.space.length - 1;
  }

  get units(): number {
    const { space, order, outer, statements } = this.kernel;
    if (space.includes(0) && order === 'map') return 0;
    if (space.length === 0) return 1;
    if (order === 'rows')
      return outer === 0 || statements.some((_, i) => this.writer.isLate(i)) ? 1 : (space[0] ?? 1);
    if (order === 'columns')
      return space.length - outer > 1 ? (space[outer] ?? 1) : Math.ceil((space[outer] ?? 1) / block);
    return space.length > 1 ? (space[0] ?? 1) : Math.ceil((space[0] ?? 1) / stretch);
  }

  code(): Code {
    const { order } = this.kernel;
    if (order === 'map') this.#points(this.#before, 0, (spot) => this.#storeAt(spot));
    else if (order === 'rows') this.#rows();
    else this.#columns();
    return [this.bases.prologue, this.constants.prologue, this.#before.lane.statements];
  }

  /** Stores what is first known at this spot: all of it is computed before anything is written. */
  #storeAt(spot: Spot, wanted: (statement: number) => boolean = () => true): void {
    const own = this.#stored.filter((statement) => wanted(statement) && this.writer.isHome(spot, statement));
    for (const statement of own) this.writer.value(spot, statement);
    for (const statement of own) this.writer.store(spot, statement);
  }

  get #stored(): number[] {
    return [...new Set(this.kernel.stores.map(({ statement }) => statement))];
  }

  /** Loops over the axes from `axis` on, inside `spot`; `visit` writes what is done at each spot. */
  #points(spot: Spot, axis: number, visit: (spot: Spot) => void): void {
    if (axis < this.#last)
      this.#loop(spot, axis, this.#range(axis, this.kernel.space[axis] ?? 1), (inner) =>
        this.#points(inner, axis + 1, visit),
      );
    else if (axis === this.#last) this.#vectors(spot, visit);
    visit(spot);
  }

  /** All of an axis, or what the units of work say where they go along it. */
  #range(axis: number, extent: number): readonly [Code, Code] {
    const { order, outer } = this.kernel;
    const divided = (order === 'columns' ? axis === outer : axis === 0) && this.units > 1;
    return divided ? [from, to] : [i32.const(0), i32.const(extent)];
  }

  #loop(spot: Spot, axis: number, [start, end]: readonly [Code, Code], write: (inner: Spot) => void): void {
    const index = this.locals.make(types.i32);
    const inner = spotIn(spot, this.lane(), { known: [[axis, get(index)]] });
    write(inner);
    spot.lane.statements.push(repeat(index, start, end, 1, inner.lane.statements));
  }

  /** The last axis, four elements at a time. */
  #vectors(spot: Spot, visit: (spot: Spot) => void): void {
    const { space, order } = this.kernel;
    const extent = space[this.#last] ?? 1;
    const whole = extent - (extent % 4);
    const index = this.locals.make(types.i32);
    const at = (count: number, lane: Lane) =>
      spotIn(spot, lane, { known: [[this.#last, get(index)]], vector: { axis: this.#last, count } });
    const flat = order === 'map' && space.length === 1 && this.units > 1;
    if (whole > 0) {
      const main = at(4, this.lane());
      visit(main);
      const end = flat ? this.locals.make(types.i32) : undefined;
      if (end !== undefined) {
        const wanted = i32.mul(to, i32.const(stretch));
        spot.lane.statements.push(
          set(end, choose(i32.const(whole), wanted, i32.geS(to, i32.const(this.units)))),
        );
      }
      spot.lane.statements.push(
        repeat(
          index,
          flat ? i32.mul(from, i32.const(stretch)) : i32.const(0),
          end === undefined ? i32.const(whole) : get(end),
          4,
          main.lane.statements,
        ),
      );
    }
    if (extent > whole) {
      const tail = at(extent - whole, this.lane());
      visit(tail);
      const code = [set(index, i32.const(whole)), tail.lane.statements];
      spot.lane.statements.push(flat ? when(i32.geS(to, i32.const(this.units)), code) : code);
    }
  }

  #place(terms: number): SumPlace {
    return { locals: this.locals, scratch: this.scratch, scratchAt, terms };
  }

  #extentOf(axes: readonly number[]): number {
    return axes.reduce((n, axis) => n * (this.kernel.space[axis] ?? 1), 1);
  }

  // rows: for every outer point, passes over the inner ones.

  #rows(): void {
    const { outer, space, statements } = this.kernel;
    const columns = this.#extentOf(space.map((_, axis) => axis).slice(outer));
    const late = statements.flatMap((statement, i) =>
      statement.kind === 'reduce' && statement.along === 'outer' ? [i] : [],
    );
    const outerTerms = this.#extentOf(space.map((_, axis) => axis).slice(0, outer));
    const vectors = columns <= narrow ? this.innerVectors() : [];
    const lateSums = new Map<number, readonly Running[]>();
    for (const i of late) {
      const { name, dtype, varies } = this.writer.statement(i);
      const count = varies.includes(true) ? vectors.length : 1;
      const running = Array.from({ length: count }, () =>
        sideBySide(name === 'max' ? 'max' : 'sum', dtype, this.#place(outerTerms)),
      );
      lateSums.set(i, running);
      for (const one of running) this.#before.lane.statements.push(one.start());
    }
    const row = (spot: Spot): void => {
      if (columns <= narrow) this.#narrowRow(spot, vectors, lateSums);
      else this.#wideRow(spot, lateSums);
    };
    const nest = (spot: Spot, axis: number): void => {
      if (axis === outer) {
        const inside: Spot = { ...spotIn(spot, spot.lane, { kind: 'row' }) };
        row(inside);
        return;
      }
      this.#loop(spot, axis, this.#range(axis, space[axis] ?? 1), (inner) => nest(inner, axis + 1));
    };
    nest(this.#before, 0);
    const done = spotIn(this.#before, this.#before.lane, { kind: 'late' });
    for (const [i, [running]] of lateSums)
      if (!this.writer.statement(i).varies.includes(true) && running !== undefined)
        this.writer.know(done, i, done.lane.keepAll(running.finish(done.lane)));
    vectors.forEach((vector, v) => {
      const spot = spotIn(done, done.lane, vector);
      for (const [i, running] of lateSums) {
        const own = this.writer.statement(i).varies.includes(true) ? running[v] : undefined;
        if (own !== undefined) this.writer.know(spot, i, done.lane.keepAll(own.finish(done.lane)));
      }
      this.#storeAt(spot, (statement) => this.writer.isLate(statement));
    });
    this.#storeScalars(done, (statement) => this.writer.isLate(statement));
    this.#storeScalars(
      this.#before,
      (statement) => !this.writer.isLate(statement) && !this.#followsRow(statement),
    );
  }

  /** Whether a statement is known only inside a row. */
  #followsRow(statement: number): boolean {
    const { kind, inputs } = this.writer.statement(statement);
    if (kind === 'reduce') return true;
    return inputs.some((input) => input.kind === 'statement' && this.#followsRow(input.statement));
  }

  #storeScalars(spot: Spot, wanted: (statement: number) => boolean): void {
    const scalars = this.kernel.stores
      .map(({ statement }) => statement)
      .filter((statement) => !this.writer.statement(statement).varies.includes(true) && wanted(statement));
    for (const statement of scalars) this.writer.value(spot, statement);
    for (const statement of scalars) this.writer.store(spot, statement);
  }

  /** The vectors that a narrow row consists of, in row-major order. */
  innerVectors(): { readonly known: readonly (readonly [number, Code])[]; readonly vector: Vector }[] {
    const { space, outer } = this.kernel;
    const extent = space[this.#last] ?? 1;
    const rows = this.#extentOf(space.map((_, axis) => axis).slice(outer, this.#last));
    return Array.from({ length: rows }, (_, row) => {
      let rest = row;
      const known: (readonly [number, Code])[] = [];
      for (let axis = this.#last - 1; axis >= outer; axis--) {
        const own = space[axis] ?? 1;
        known.push([axis, i32.const(rest % own)]);
        rest = Math.floor(rest / own);
      }
      return Array.from({ length: Math.ceil(extent / 4) }, (_, k) => ({
        known: [...known, [this.#last, i32.const(k * 4)] as const],
        vector: { axis: this.#last, count: Math.min(4, extent - k * 4) },
      }));
    }).flat();
  }

  /** Everything in registers: the vectors of a row side by side. */
  #narrowRow(
    row: Spot,
    vectors: ReturnType<Loops['innerVectors']>,
    late: ReadonlyMap<number, readonly Running[]>,
  ): void {
    const { outer, statements } = this.kernel;
    const spots = vectors.map((vector) => spotIn(row, row.lane, vector));
    statements.forEach((statement, i) => {
      if (statement.kind !== 'reduce' || statement.along !== 'inner') return;
      const [input] = statement.inputs;
      if (input === undefined) return;
      const running = across(statement.name, statement.dtype, this.#place(narrow), true);
      const values = spots.map((spot) => this.writer.valueOf(spot, input));
      row.lane.statements.push(running.start());
      values.forEach((value, v) => {
        running.add(row.lane, value, spots[v]?.vector?.count ?? 4);
      });
      this.writer.know(row, i, running.finish(row.lane));
    });
    this.#addLate(row, spots, late);
    const stored = this.#stored.filter((statement) => !this.writer.isLate(statement));
    const inRow = stored.filter((statement) => this.#isOfRow(statement));
    const cells = stored.filter((statement) =>
      this.writer.statement(statement).varies.slice(outer).includes(true),
    );
    for (const statement of cells) for (const spot of spots) this.writer.value(spot, statement);
    for (const statement of inRow) this.writer.value(row, statement);
    for (const statement of cells) for (const spot of spots) this.writer.store(spot, statement);
    for (const statement of inRow) this.writer.store(row, statement);
  }

  /** Whether a statement is stored once a row. */
  #isOfRow(statement: number): boolean {
    const { varies } = this.writer.statement(statement);
    const { outer } = this.kernel;
    if (varies.slice(outer).includes(true)) return false;
    return varies.includes(true) || this.#followsRow(statement);
  }

  #addLate(row: Spot, spots: readonly Spot[], late: ReadonlyMap<number, readonly Running[]>): void {
    for (const [i, running] of late) {
      const [input] = this.writer.statement(i).inputs;
      if (input === undefined) continue;
      if (running.length === 1 && !this.writer.statement(i).varies.includes(true))
        running[0]?.add(row.lane, this.writer.valueOf(row, input), 4);
      else
        spots.forEach((spot, v) => {
          running[v]?.add(row.lane, this.writer.valueOf(spot, input), 4);
        });
    }
  }

  /** One pass over the inner points for each sum that needs the one before; what is dear and read in two passes is kept in between. */
  #wideRow(row: Spot, late: ReadonlyMap<number, readonly Running[]>): void {
    const { statements, outer, space } = this.kernel;
    const passes = passesOf(this.kernel);
    const inner = space.map((_, axis) => axis).slice(outer);
    const terms = this.#extentOf(inner);
    const extent = space[this.#last] ?? 1;
    const whole = inner.length === 1 || extent % 4 === 0;
    const kept = this.#keptBetween(passes);
    const stored = this.#stored.filter((statement) => !this.writer.isLate(statement));
    const cells = stored.filter((statement) =>
      this.writer.statement(statement).varies.slice(outer).includes(true),
    );
    const last = Math.max(0, ...passes.values());
    for (let pass = 1; pass <= last + 1; pass++) {
      const sums = statements.flatMap((statement, i) =>
        statement.kind === 'reduce' && statement.along === 'inner' && passes.get(i) === pass ? [i] : [],
      );
      const written = cells.filter((statement) => (passes.get(statement) ?? 0) + 1 === pass);
      if (sums.length === 0 && written.length === 0) continue;
      const running = new Map(
        sums.map((i) => {
          const { name, dtype } = this.writer.statement(i);
          return [i, across(name === 'max' ? 'max' : 'sum', dtype, this.#place(terms), whole)] as const;
        }),
      );
      for (const one of running.values()) row.lane.statements.push(one.start());
      this.#inner(row, outer, (spot) => {
        for (const [statement, { offset, first }] of kept)
          if (pass > first) this.#recall(spot, statement, offset);
        for (const [i, one] of running) {
          const [input] = this.writer.statement(i).inputs;
          if (input !== undefined)
            one.add(spot.lane, this.writer.valueOf(spot, input), spot.vector?.count ?? 1);
        }
        for (const statement of written) this.writer.value(spot, statement);
        for (const [statement, { offset, first }] of kept)
          if (pass === first) this.#remember(spot, statement, offset);
        for (const statement of written) this.writer.store(spot, statement);
      });
      for (const [i, one] of running) this.writer.know(row, i, one.finish(row.lane));
    }
    this.#addLate(row, [], late);
    const inRow = stored.filter((statement) => this.#isOfRow(statement));
    for (const statement of inRow) this.writer.value(row, statement);
    for (const statement of inRow) this.writer.store(row, statement);
  }

  #inner(spot: Spot, axis: number, visit: (spot: Spot) => void): void {
    if (axis < this.#last) {
      this.#loop(spot, axis, [i32.const(0), i32.const(this.kernel.space[axis] ?? 1)], (inner) =>
        this.#inner(inner, axis + 1, visit),
      );
      return;
    }
    this.#vectors(spot, visit);
  }

  /** Where in scratch memory a row of each statement lies that is dear and needed in more than one pass. */
  #keptBetween(
    passes: ReadonlyMap<number, number>,
  ): Map<number, { readonly offset: number; readonly first: number }> {
    const { statements, stores, outer, space } = this.kernel;
    if (space.length - outer !== 1) return new Map();
    const used = new Map<number, Set<number>>();
    const visit = (i: number, pass: number): void => {
      const statement = this.writer.statement(i);
      if (statement.kind === 'reduce' || statement.varies[outer] !== true) return;
      const seen = used.get(i) ?? new Set<number>();
      if (seen.has(pass)) return;
      used.set(i, seen.add(pass));
      for (const input of statement.inputs) if (input.kind === 'statement') visit(input.statement, pass);
    };
    statements.forEach((statement, i) => {
      const [input] = statement.inputs;
      if (statement.kind === 'reduce' && statement.along === 'inner' && input?.kind === 'statement')
        visit(input.statement, passes.get(i) ?? 1);
    });
    for (const { statement } of stores)
      if (!this.writer.isLate(statement)) visit(statement, (passes.get(statement) ?? 0) + 1);
    const kept = new Map<number, { offset: number; first: number }>();
    for (const [i, seen] of used) {
      const { name, dtype } = this.writer.statement(i);
      if (seen.size < 2 || !dear.has(name)) continue;
      const bytes = ((space[outer] ?? 1) + 4) * bytesOf(dtype);
      kept.set(i, { offset: this.scratch.take(bytes), first: Math.min(...seen) });
    }
    return kept;
  }

  #scratchAddress(spot: Spot, bytes: number): Code {
    const index = spot.indices.get(this.kernel.outer) ?? i32.const(0);
    return i32.add(scratchAt, i32.mul(index, i32.const(bytes)));
  }

  #remember(spot: Spot, statement: number, offset: number): void {
    const { dtype } = this.writer.statement(statement);
    const address = this.#scratchAddress(spot, bytesOf(dtype));
    spot.lane.statements.push(storeFour(dtype, address, this.writer.value(spot, statement), offset, 4));
  }

  #recall(spot: Spot, statement: number, offset: number): void {
    const { dtype } = this.writer.statement(statement);
    const address = this.#scratchAddress(spot, bytesOf(dtype));
    this.writer.know(spot, statement, spot.lane.keepAll(loadFour(dtype, address, offset, spot.lane)));
  }

  // columns: for every block of inner points, all outer ones.

  #columns(): void {
    const { space, outer } = this.kernel;
    const nest = (spot: Spot, axis: number): void => {
      if (axis === this.#last) {
        this.#columnBlocks(spot);
        return;
      }
      this.#loop(spot, axis, this.#range(axis, space[axis] ?? 1), (inner) => nest(inner, axis + 1));
    };
    nest(this.#before, outer);
    this.#storeScalars(this.#before, (statement) => !this.#followsRow(statement));
  }

  #columnBlocks(spot: Spot): void {
    const { space, outer } = this.kernel;
    const extent = space[this.#last] ?? 1;
    const divided = this.#last === outer && this.units > 1;
    const index = this.locals.make(types.i32);
    const whole = extent - (extent % block);
    if (whole > 0) {
      const lane = this.lane();
      this.#columnBlock(spot, lane, index, [4, 4, 4, 4]);
      const end = divided ? this.locals.make(types.i32) : undefined;
      if (end !== undefined) {
        const wanted = i32.mul(to, i32.const(block));
        spot.lane.statements.push(
          set(end, choose(i32.const(whole), wanted, i32.gtS(wanted, i32.const(whole)))),
        );
      }
      spot.lane.statements.push(
        repeat(
          index,
          divided ? i32.mul(from, i32.const(block)) : i32.const(0),
          end === undefined ? i32.const(whole) : get(end),
          block,
          lane.statements,
        ),
      );
    }
    const rest = extent - whole;
    if (rest === 0) return;
    const lane = this.lane();
    const counts = Array.from({ length: Math.ceil(rest / 4) }, (_, k) => Math.min(4, rest - k * 4));
    this.#columnBlock(spot, lane, index, counts);
    const code = [set(index, i32.const(whole)), lane.statements];
    spot.lane.statements.push(divided ? when(i32.geS(to, i32.const(this.units)), code) : code);
  }

  /** Neighbouring vectors from the local `index` on, summed over all outer points. */
  #columnBlock(spot: Spot, lane: Lane, index: number, counts: readonly number[]): void {
    const { space, outer, statements } = this.kernel;
    const terms = this.#extentOf(space.map((_, axis) => axis).slice(0, outer));
    const sums = statements.flatMap((statement, i) => (statement.kind === 'reduce' ? [i] : []));
    const running = new Map(
      sums.map((i) => {
        const { name, dtype } = this.writer.statement(i);
        const own = counts.map(() => sideBySide(name === 'max' ? 'max' : 'sum', dtype, this.#place(terms)));
        return [i, own] as const;
      }),
    );
    const starts = counts.map((_, v) => {
      const local = this.locals.make(types.i32);
      lane.statements.push(set(local, i32.add(get(index), i32.const(v * 4))));
      return get(local);
    });
    for (const own of running.values()) for (const one of own) lane.statements.push(one.start());
    const base = spotIn(spot, lane);
    const nest = (at: Spot, axis: number): void => {
      if (axis < outer) {
        this.#loop(at, axis, [i32.const(0), i32.const(space[axis] ?? 1)], (inner) => nest(inner, axis + 1));
        return;
      }
      const spots = counts.map((count, v) =>
        spotIn(at, at.lane, {
          known: [[this.#last, starts[v] ?? get(index)]],
          vector: { axis: this.#last, count },
        }),
      );
      for (const [i, own] of running) {
        const [input] = this.writer.statement(i).inputs;
        if (input === undefined) continue;
        const values = spots.map((each) => this.writer.valueOf(each, input));
        values.forEach((value, v) => {
          own[v]?.add(at.lane, value, 4);
        });
      }
      for (const each of spots) this.#storeAt(each, (statement) => !this.writer.isLate(statement));
    };
    nest(base, 0);
    const done = spotIn(base, lane, { kind: 'late' });
    const spots = counts.map((count, v) =>
      spotIn(done, lane, {
        known: [[this.#last, starts[v] ?? get(index)]],
        vector: { axis: this.#last, count },
      }),
    );
    spots.forEach((each, v) => {
      for (const [i, own] of running) {
        const one = own[v];
        if (one !== undefined) this.writer.know(each, i, one.finish(lane));
      }
    });
    for (const each of spots) this.#storeAt(each, (statement) => this.writer.isLate(statement));
  }
}

/** The number of the pass in which each sum is made, and of the last pass that each other statement waits for. */
function passesOf({ statements }: LoopKernel): Map<number, number> {
  const passes = new Map<number, number>();
  statements.forEach((statement, i) => {
    const waits = statement.inputs.reduce(
      (most, input) => (input.kind === 'statement' ? Math.max(most, passes.get(input.statement) ?? 0) : most),
      0,
    );
    const isSum = statement.kind === 'reduce' && statement.along === 'inner';
    passes.set(i, isSum ? waits + 1 : waits);
  });
  return passes;
}

const dear = new Set(['exp', 'log', 'tanh', 'sin', 'cos', 'erf', 'expm1', 'log1p', 'threefry']);
