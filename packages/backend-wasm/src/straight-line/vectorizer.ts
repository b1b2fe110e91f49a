import type { DType } from '@pullback/core';
import { lengthOf } from '../encoding.ts';
import { get } from '../instructions.ts';
import { type Four, Lane, type LaneOptions, type Rule } from '../lane.ts';
import { Locals } from '../module.ts';
import { type Element, type Elements, lanesOf, type Pack, padded } from './elements.ts';

/** The same done to every element, by SIMD code for 2 or 4 at a time. */
export interface Operation {
  /** Two operations of one name do the same. */
  readonly name: string;
  readonly operands: readonly DType[];
  readonly result: DType;
  readonly lanes: 2 | 4;
  readonly write: Rule;
  /** Its result for numbers that are known now. */
  readonly fold?: (...x: readonly number[]) => number;
}

/** Bytes of a shuffle of two locals into a third. */
const shuffleSize = 26;
/** Two bytes, as most locals take. */
const typicalLocal = 500;

type Tuple = readonly Element[];
/** Some side by side; where there is none, a lane is free. */
type Row = readonly (Tuple | undefined)[];

/** Puts operations on single elements side by side into SIMD code; what was done before is not done again. */
export class Vectorizer {
  readonly #known = new Map<string, Element>();
  readonly #sizes = new Map<string, number>();
  #written = 0;
  /** How many operations on single elements there are. */
  operations = 0;

  constructor(
    readonly elements: Elements,
    readonly options: LaneOptions = {},
  ) {}

  /** About how many bytes the code takes. */
  get size(): number {
    return this.#written + this.elements.shuffles * shuffleSize;
  }

  /** result_i = operation(a_i, b_i, ...) */
  apply(operation: Operation, ...operands: readonly (readonly Element[])[]): Element[] {
    const [{ length } = []] = operands;
    const tuples = Array.from({ length }, (_, i) => operands.map((operand) => operand[i] ?? 0));
    const keys = tuples.map((tuple) => `${operation.name} ${tuple.join()}`);
    const fresh = new Map<string, Tuple>();
    tuples.forEach((tuple, i) => {
      const key = keys[i] ?? '';
      if (this.#known.has(key) || fresh.has(key)) return;
      const folded = this.#fold(operation, tuple);
      if (folded === undefined) fresh.set(key, tuple);
      else this.#known.set(key, folded);
    });
    this.operations += fresh.size;
    for (const pack of this.#arrange(operation, [...fresh.values()])) this.#write(operation, pack);
    return keys.map((key) => this.#known.get(key) ?? 0);
  }

  /** How many instructions bring the operands of several applications side by side, in the order in which they are given. */
  costOf(operation: Operation, applications: readonly (readonly (readonly Element[])[])[]): number {
    return this.elements.cost(
      applications.flatMap((operands) => {
        const tuples = (operands[0] ?? []).map((_, i) => operands.map((operand) => operand[i] ?? 0));
        return cutTo(operation.lanes, tuples).flatMap((pack) => operandsOf(operation, pack));
      }),
    );
  }

  #fold({ fold }: Operation, tuple: Tuple): Element | undefined {
    if (fold === undefined) return undefined;
    const numbers = tuple.map((element) => this.elements.numberOf(element));
    const given = numbers.filter((x) => x !== undefined);
    return given.length === numbers.length ? this.elements.number(fold(...given)) : undefined;
  }

  /** The bytes that an operation takes, found by writing it once where nobody reads it. */
  #sizeOf({ name, operands, lanes, write }: Operation): number {
    const known = this.#sizes.get(name);
    if (known !== undefined) return known;
    const lane = new Lane(new Locals(), this.options);
    const operand = get(typicalLocal);
    const fours = operands.map((dtype): Four => (lanes > lanesOf(dtype) ? [operand, operand] : [operand]));
    lane.keepAll(write(lane, ...fours));
    const size = lengthOf(lane.statements);
    this.#sizes.set(name, size);
    return size;
  }

  #write(operation: Operation, pack: Row): void {
    const { elements } = this;
    const packs = operation.operands.map((dtype, j) =>
      packsOf(operation, pack, j).map((part) => elements.gather(part, dtype)),
    );
    const lanes = lanesOf(operation.result);
    const registers = elements.registers.make(
      packs.flat(),
      operation.lanes > lanes ? 2 : 1,
      (lane, codes) => {
        const left = [...codes];
        const fours = packs
          .map(({ length }) => left.splice(0, length))
          .map(([low = [], high]): Four => (high === undefined ? [low] : [low, high]));
        return lane.keepAll(operation.write(lane, ...fours));
      },
    );
    this.#written += this.#sizeOf(operation);
    const made = registers.flatMap((register) => elements.enter(register, Math.min(operation.lanes, lanes)));
    pack.forEach((tuple, i) => {
      const element = made[i];
      if (tuple !== undefined && element !== undefined)
        this.#known.set(`${operation.name} ${tuple.join()}`, element);
    });
  }

  /** Which are done together, and in which lanes: in order, or as an operand's elements stand, whatever moves the fewest. */
  #arrange(operation: Operation, tuples: readonly Tuple[]): Row[] {
    const { lanes, operands } = operation;
    const rows: Row[] = [tuples];
    operands.forEach((_, j) => {
      const row = tuples.length > lanes ? sortedBy(j, tuples) : this.#placedBy(j, tuples, lanes);
      if (row !== undefined && !rows.some((other) => sameRow(other, row))) rows.push(row);
    });
    const candidates = rows.map((row) => cutTo(lanes, row));
    const [first = [], ...others] = candidates;
    if (others.length === 0) return first;
    const costs = candidates.map((packs) =>
      this.elements.cost(packs.flatMap((pack) => operandsOf(operation, pack))),
    );
    return candidates[costs.indexOf(Math.min(...costs))] ?? first;
  }

  /** Each in the lane in which its operand `j` is, if there is one for each. */
  #placedBy(j: number, tuples: readonly Tuple[], lanes: number): Row | undefined {
    const row: (Tuple | undefined)[] = padded([], lanes);
    for (const tuple of tuples) {
      const lane = this.elements.laneOf(tuple[j] ?? 0) ?? lanes;
      if (lane >= lanes || row[lane] !== undefined) return undefined;
      row[lane] = tuple;
    }
    return row;
  }
}

function sortedBy(j: number, tuples: readonly Tuple[]): Row | undefined {
  const sorted = tuples.every((tuple, i) => i === 0 || (tuples[i - 1]?.[j] ?? 0) <= (tuple[j] ?? 0));
  return sorted ? undefined : [...tuples].sort((a, b) => (a[j] ?? 0) - (b[j] ?? 0));
}

function sameRow(a: Row, b: Row): boolean {
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => a[i] === b[i]).every(Boolean);
}

function cutTo(lanes: number, list: Row): Row[] {
  return Array.from({ length: Math.ceil(list.length / lanes) }, (_, i) =>
    padded(list.slice(i * lanes, (i + 1) * lanes), lanes),
  );
}

function operandsOf(operation: Operation, pack: Row) {
  return operation.operands.flatMap((dtype, j) =>
    packsOf(operation, pack, j).map((part) => ({ pack: part, dtype })),
  );
}

/** Operand `j` of those in a pack, as its registers hold it. */
function packsOf({ lanes, operands }: Operation, pack: Row, j: number): Pack[] {
  const column = pack.map((tuple) => tuple?.[j]);
  const width = lanesOf(operands[j] ?? 'float32');
  if (lanes <= width) return [padded(column, width)];
  const [low, high] = [column.slice(0, width), column.slice(width)];
  // Registers without an element take what the other one has.
  if (high.every((element) => element === undefined)) return [low, low];
  return low.every((element) => element === undefined) ? [high, high] : [low, high];
}
