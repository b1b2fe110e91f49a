import type { Block } from '../c/block.ts';
import { kindOf } from '../c/lanes.ts';
import type { Loops } from './loops.ts';
import { keptBetween, passesOf, writePasses } from './passes.ts';
import { type Spot, spotIn, type Vector } from './spot.ts';
import { type Running, reductionOf, sideBySide } from './sums.ts';

/** Rows as narrow as this stay in registers, as what is summed along the outer axes for each of their points must. */
const narrow = 16;

interface Place {
  readonly known: readonly (readonly [axis: number, index: string])[];
  readonly vector: Vector;
}

/** Sums along the inner axes, and then perhaps along the outer ones: for every outer point, all inner ones. */
export function writeRows(loops: Loops): void {
  const { writer, kernel, before, lanes, names } = loops;
  const { outer, space, statements } = kernel;
  const columns = loops.points(outer, space.length);
  const inRegisters =
    !lanes.isPlain && (columns <= narrow || (columns <= 4 * lanes.count && outer === loops.last));
  const places = inRegisters ? placesInRow(loops) : [];
  const terms = loops.points(0, outer);
  const late = new Map<number, LateSum>();
  statements.forEach((statement, i) => {
    if (statement.kind !== 'reduce' || statement.along !== 'outer') return;
    const spread = statement.varies.includes(true);
    const make = () => sideBySide(reductionOf(statement), { lanes, names, terms });
    late.set(
      i,
      spread && lanes.isPlain
        ? new Each(loops, i, columns)
        : new InRegisters(Array.from({ length: spread ? places.length : 1 }, make)),
    );
  });
  for (const sum of late.values()) sum.start(before.block);
  const passes = passesOf(kernel);
  const again = inRegisters ? new Map() : keptBetween(loops, passes);
  const nest = (spot: Spot, axis: number): void => {
    if (axis < outer) {
      loops.loop(spot, axis, loops.range(axis), (inner) => nest(inner, axis + 1));
      return;
    }
    const row = spotIn(spot, spot.block, { kind: 'row' });
    const spots = inRegisters ? places.map((place) => spotIn(row, row.block, place)) : undefined;
    writePasses(loops, row, { passes, again, spots });
    if (spots === undefined && lanes.isPlain) addEach(loops, row, late);
    else addLate(loops, row, spots ?? [], late);
    loops.write(row, storedOnceARow(loops));
  };
  nest(before, 0);
  finishLate(loops, places, late);
  loops.storeScalars(before, (i) => !writer.isLate(i) && !writer.followsSum(i));
}

/** A sum along the outer axes: of one number, of the vectors of a row in registers, or of each point of a row in memory. */
interface LateSum {
  start(block: Block): void;
  finish(block: Block): void;
}

class InRegisters implements LateSum {
  constructor(readonly running: readonly Running[]) {}

  start(block: Block): void {
    for (const one of this.running) one.start(block);
  }

  finish(): void {}
}

/** Sums of plain scalars, one for each point of a row. */
class Each implements LateSum {
  readonly name: string;
  readonly #neutral: string;
  readonly #type: string;

  constructor(
    readonly loops: Loops,
    readonly statement: number,
    readonly columns: number,
  ) {
    const { name, dtype } = loops.writer.statement(statement);
    this.name = loops.names.next('late');
    const isFloat = dtype === 'float32' || dtype === 'float64';
    this.#neutral = name === 'max' ? (isFloat ? '-INFINITY' : '(-2147483647 - 1)') : '0';
    this.#type = name === 'sum' && dtype === 'float32' ? 'double' : loops.lanes.type(kindOf(dtype));
  }

  start(block: Block): void {
    block.line(`${this.#type} ${this.name}[${this.columns}];`);
    block.line(`for (int k = 0; k < ${this.columns}; k++) ${this.name}[k] = ${this.#neutral};`);
  }

  add(spot: Spot, place: string): void {
    const { writer, lanes } = this.loops;
    const { name, dtype, inputs } = writer.statement(this.statement);
    const [input] = inputs;
    if (input === undefined) return;
    const value = writer.valueOf(spot, input);
    const at = `${this.name}[${place}]`;
    const kind = kindOf(dtype);
    spot.block.line(
      name === 'max'
        ? `${at} = ${lanes.call('max', kind, at, value)};`
        : kind === 'i'
          ? `${at} = ${lanes.call('add', kind, at, value)};`
          : `${at} += ${value};`,
    );
  }

  finish(): void {}
}

/** The index of a point within its row. */
function inRow({ kernel, points }: Loops, spot: Spot, loops: Loops): string {
  void points;
  return kernel.space
    .map((_, axis) => axis)
    .slice(kernel.outer)
    .map((axis) => `${spot.indices.get(axis) ?? '0'} * ${loops.points(axis + 1, kernel.space.length)}`)
    .join(' + ');
}

function overRow(loops: Loops, spot: Spot, axis: number, visit: (spot: Spot) => void): void {
  if (axis > loops.last) visit(spot);
  else loops.loop(spot, axis, loops.whole(axis), (inner) => overRow(loops, inner, axis + 1, visit));
}

function addEach(loops: Loops, row: Spot, late: ReadonlyMap<number, LateSum>): void {
  const each = [...late.values()].filter((sum): sum is Each => sum instanceof Each);
  if (each.length > 0)
    overRow(loops, row, loops.kernel.outer, (spot) => {
      for (const sum of each) sum.add(spot, inRow(loops, spot, loops));
    });
  addLate(loops, row, [], new Map([...late].filter(([, sum]) => sum instanceof InRegisters)));
}

/** The vectors that a narrow row consists of, in row-major order. */
function placesInRow(loops: Loops): Place[] {
  const { last, lanes } = loops;
  const { outer } = loops.kernel;
  const extent = loops.extent(last);
  return Array.from({ length: loops.points(outer, last) }, (_, row) => {
    let rest = row;
    const known: (readonly [number, string])[] = [];
    for (let axis = last - 1; axis >= outer; axis--) {
      known.push([axis, String(rest % loops.extent(axis))]);
      rest = Math.floor(rest / loops.extent(axis));
    }
    return Array.from({ length: Math.ceil(extent / lanes.count) }, (_, k) => ({
      known: [...known, [last, String(k * lanes.count)] as const],
      vector: { axis: last, count: Math.min(lanes.count, extent - k * lanes.count) },
    }));
  }).flat();
}

/** Statements that are known once a row, and stored. */
function storedOnceARow({ stored, writer, kernel }: Loops): number[] {
  return stored.filter((i) => {
    const { varies } = writer.statement(i);
    if (writer.isLate(i) || varies.slice(kernel.outer).includes(true)) return false;
    return varies.includes(true) || writer.followsSum(i);
  });
}

function addLate(
  { writer, lanes }: Loops,
  row: Spot,
  spots: readonly Spot[],
  late: ReadonlyMap<number, LateSum>,
): void {
  for (const [i, sum] of late) {
    const { inputs, varies } = writer.statement(i);
    const [input] = inputs;
    if (input === undefined || !(sum instanceof InRegisters)) continue;
    const at = varies.includes(true) ? spots : [row];
    at.forEach((spot, v) => {
      sum.running[v]?.add(row.block, writer.valueOf(spot, input), {
        vector: 0,
        count: lanes.count,
        index: '0',
      });
    });
  }
}

function finishLate(loops: Loops, places: readonly Place[], late: ReadonlyMap<number, LateSum>): void {
  const { writer, before, lanes, kernel } = loops;
  const done = spotIn(before, before.block, { kind: 'late' });
  const { block } = done;
  const finished = (i: number, one: Running | undefined) =>
    one && writer.keep(block, writer.statement(i).dtype, one.finish(block), 'sum');
  for (const [i, sum] of late) {
    if (!(sum instanceof InRegisters) || writer.statement(i).varies.includes(true)) continue;
    const total = finished(i, sum.running[0]);
    if (total !== undefined) writer.know(done, i, total);
  }
  places.forEach((place, v) => {
    const spot = spotIn(done, block, place);
    for (const [i, sum] of late) {
      if (!(sum instanceof InRegisters) || !writer.statement(i).varies.includes(true)) continue;
      const total = finished(i, sum.running[v]);
      if (total !== undefined) writer.know(spot, i, total);
    }
    loops.storeAt(spot, (statement) => writer.isLate(statement));
  });
  const each = [...late].filter((entry): entry is [number, Each] => entry[1] instanceof Each);
  if (lanes.isPlain && each.length > 0)
    overRow(loops, done, kernel.outer, (spot) => {
      for (const [i, { name }] of each) {
        const cast = writer.statement(i).dtype === 'float32' ? '(float)' : '';
        writer.know(spot, i, `${cast}${name}[${inRow(loops, spot, loops)}]`);
      }
      loops.storeAt(spot, (statement) => writer.isLate(statement));
    });
  loops.storeScalars(done, (statement) => writer.isLate(statement));
}
