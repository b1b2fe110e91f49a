import type { DType } from '@pullback/core';
import type { Block, Names } from '../c/block.ts';
import { kindOf, Lanes, literal } from '../c/lanes.ts';

/** The reference adds up to this many float64 in order, more as a tree. */
const inOrder = 64;
/** float32 sums go to so many float64 in turn, whatever the width of vectors: the bits are the same on every machine. */
export const sumLanes = 16;

/** Where terms stand: which vector of a block they are, how many exist, and the index of the first along the last axis. */
export interface Terms {
  readonly vector: number;
  readonly count: number;
  readonly index: string;
}

/** A sum or maximum that grows, as many elements at a time as a vector has. */
export interface Running {
  /** Before the first term. */
  start(block: Block): void;
  add(block: Block, value: string, terms: Terms): void;
  /** The result, after the last term. */
  finish(block: Block): string;
}

export interface SumPlace {
  readonly lanes: Lanes;
  readonly names: Names;
  /** How many terms there will be. */
  readonly terms: number;
}

export interface Reduction {
  readonly name: 'sum' | 'max';
  readonly dtype: DType;
}

export function reductionOf({ name, dtype }: { readonly name: string; readonly dtype: DType }): Reduction {
  return { name: name === 'max' ? 'max' : 'sum', dtype };
}

/** The results of neighbours, each over terms of its own. */
export function sideBySide({ name, dtype }: Reduction, place: SumPlace): Running {
  if (name === 'sum' && dtype === 'float32') return new WideColumns(place);
  if (name === 'sum' && dtype === 'float64') return new InOrder(place, false);
  return new Plain(name, dtype, place, false);
}

/** One result over all elements; it comes in all lanes. */
export function across({ name, dtype }: Reduction, place: SumPlace): Running {
  if (name === 'sum' && dtype === 'float32') return new WideRow(place);
  if (name === 'sum' && dtype === 'float64') return new InOrder(place, true);
  return new Plain(name, dtype, place, true);
}

/** Lanes of 64 bits that go with those of a kernel: half as many, unless those have 64 bits themselves. */
function doubles(lanes: Lanes): Lanes {
  return lanes.isPlain || lanes.isHalf ? lanes : new Lanes(lanes.count / 2);
}

/** Elements from `count` on replaced by what changes nothing. */
function only(lanes: Lanes, dtype: DType, value: string, count: number, neutral: string): string {
  if (count >= lanes.count) return value;
  const kind = kindOf(dtype);
  const mask = lanes.type(kind === 'd' ? 'l' : 'i');
  const flags = Array.from({ length: lanes.count }, (_, k) => (k < count ? -1 : 0)).join(', ');
  return lanes.call('select', kind, `(${mask}){${flags}}`, value, lanes.splat(kind, neutral));
}

/** float32 terms of a row, added in float64. */
class WideRow implements Running {
  readonly #lanes: Lanes;
  readonly #wide: Lanes;
  readonly #sums: readonly string[];

  constructor({ lanes, names }: SumPlace) {
    this.#lanes = lanes;
    this.#wide = doubles(lanes);
    const count = lanes.isPlain ? 1 : sumLanes / this.#wide.count;
    this.#sums = Array.from({ length: count }, () => names.next('sum'));
  }

  start(block: Block): void {
    const [sum = ''] = this.#sums;
    if (this.#lanes.isPlain) block.line(`double ${sum}[${sumLanes}] = {0};`);
    else block.line(`${this.#wide.type('d')} ${this.#sums.map((each) => `${each} = {0}`).join(', ')};`);
  }

  add(block: Block, value: string, { vector, count, index }: Terms): void {
    const [first = ''] = this.#sums;
    if (this.#lanes.isPlain) {
      block.line(`${first}[(${index}) % ${sumLanes}] += ${value};`);
      return;
    }
    const terms = only(this.#lanes, 'float32', value, count, '0');
    const parts = inDoubles(this.#lanes, this.#wide, terms);
    parts.forEach((part, half) => {
      const sum = this.#sums[(vector * parts.length + half) % this.#sums.length] ?? '';
      block.line(`${sum} += ${part};`);
    });
  }

  finish(block: Block): string {
    const [sum = ''] = this.#sums;
    if (this.#lanes.isPlain) {
      block.line(
        `for (int s = ${sumLanes / 2}; s > 0; s /= 2) for (int k = 0; k < s; k++) ${sum}[k] += ${sum}[k + s];`,
      );
      return `(float)${sum}[0]`;
    }
    for (let left = this.#sums.length / 2; left >= 1; left /= 2)
      for (let k = 0; k < left; k++) block.line(`${this.#sums[k]} += ${this.#sums[k + left]};`);
    return this.#lanes.splat('f', `(float)${this.#wide.call('fold', 'd', sum)}`);
  }
}

/** float32 terms of neighbouring columns, added in float64. */
class WideColumns implements Running {
  readonly #lanes: Lanes;
  readonly #wide: Lanes;
  readonly #sums: readonly string[];

  constructor({ lanes, names }: SumPlace) {
    this.#lanes = lanes;
    this.#wide = doubles(lanes);
    this.#sums = Array.from({ length: lanes.count / this.#wide.count }, () => names.next('sum'));
  }

  start(block: Block): void {
    const zero = this.#lanes.isPlain ? '0' : '{0}';
    block.line(`${this.#wide.type('d')} ${this.#sums.map((each) => `${each} = ${zero}`).join(', ')};`);
  }

  add(block: Block, value: string): void {
    inDoubles(this.#lanes, this.#wide, value).forEach((part, half) => {
      block.line(`${this.#sums[half]} += ${part};`);
    });
  }

  finish(): string {
    const [first = '', second] = this.#sums;
    if (second !== undefined) return this.#lanes.call('joined', 'f', first, second);
    return this.#lanes.call(`from_${this.#wide.suffix('d')}`, 'f', first);
  }
}

/** float32 as float64, in one vector or two. */
function inDoubles(lanes: Lanes, wide: Lanes, value: string): string[] {
  if (lanes.isPlain) return [value];
  if (lanes.count === wide.count) return [lanes.call(`from_${lanes.suffix('f')}`, 'd', value)];
  return [lanes.call('lower_half', 'f', value), lanes.call('upper_half', 'f', value)];
}

/** float64 sums are those of the reference, bit for bit: in order, and of more than 64 terms as a tree of runs. */
class InOrder implements Running {
  readonly #lanes: Lanes;
  readonly #total: string;
  readonly #long: boolean;

  constructor(
    { lanes, names, terms }: SumPlace,
    /** Whether lanes are terms of one sum. */
    readonly across: boolean,
  ) {
    this.#lanes = lanes;
    this.#total = names.next('sum');
    this.#long = terms > inOrder;
  }

  get #suffix(): string {
    return this.across ? 'f64' : this.#lanes.suffix('d');
  }

  get #type(): string {
    return this.across ? 'double' : this.#lanes.type('d');
  }

  start(block: Block): void {
    const zero = this.#type === 'double' ? '0' : '{0}';
    if (this.#long)
      block.line(`runs_${this.#suffix} ${this.#total}; start_${this.#suffix}(&${this.#total});`);
    else block.line(`${this.#type} ${this.#total} = ${zero};`);
  }

  add(block: Block, value: string, { count }: Terms): void {
    const one = (term: string) =>
      this.#long ? `add_run_${this.#suffix}(&${this.#total}, ${term});` : `${this.#total} += ${term};`;
    if (!this.across || this.#lanes.isPlain) block.line(one(value));
    else block.line(`for (int k = 0; k < ${Math.min(count, this.#lanes.count)}; k++) ${one(`${value}[k]`)}`);
  }

  finish(): string {
    const total = this.#long ? `total_${this.#suffix}(&${this.#total})` : this.#total;
    return this.across ? this.#lanes.splat('d', total) : total;
  }
}

/** int32 terms modulo 2^32, or the maximum, NaN where there is one: in any order. */
class Plain implements Running {
  readonly #lanes: Lanes;
  readonly #names: Names;
  readonly #results = new Map<number, string>();
  readonly #first: string;

  constructor(
    readonly name: 'sum' | 'max',
    readonly dtype: DType,
    { lanes, names }: SumPlace,
    readonly across: boolean,
  ) {
    this.#lanes = lanes;
    this.#names = names;
    this.#first = names.next(name);
  }

  get #neutral(): string {
    if (this.name === 'sum') return '0';
    const least =
      this.dtype === 'float32' || this.dtype === 'float64' ? Number.NEGATIVE_INFINITY : -(2 ** 31);
    return literal(this.dtype === 'bool' || this.dtype === 'uint8' ? 'int32' : this.dtype, least);
  }

  #joined(a: string, b: string): string {
    return this.#lanes.call(this.name === 'sum' ? 'add' : 'max', kindOf(this.dtype), a, b);
  }

  start(block: Block): void {
    const { type, start } = this.#parts();
    block.line(`${type} ${this.#first} = ${start};`);
    this.#results.set(0, this.#first);
    if (!this.across || this.#lanes.isPlain) return;
    const second = this.#names.next(this.name);
    block.line(`${type} ${second} = ${start};`);
    this.#results.set(1, second);
  }

  #parts() {
    const kind = kindOf(this.dtype);
    return { type: this.#lanes.type(kind), start: this.#lanes.splat(kind, this.#neutral) };
  }

  add(block: Block, value: string, { vector, count }: Terms): void {
    const into = this.#results.get(vector % this.#results.size) ?? this.#first;
    const terms = this.across ? only(this.#lanes, this.dtype, value, count, this.#neutral) : value;
    block.line(`${into} = ${this.#joined(into, terms)};`);
  }

  finish(block: Block): string {
    if (!this.across || this.#lanes.isPlain) return this.#first;
    const second = this.#results.get(1);
    const both = second === undefined ? this.#first : this.#joined(this.#first, second);
    const all = this.#names.next(this.name);
    const kind = kindOf(this.dtype);
    block.line(
      `const ${this.#lanes.type(kind)} ${all} = ${this.#lanes.call(`fold_${this.name}`, kind, both)};`,
    );
    return all;
  }
}
