import type { Input, LoopKernel, ProductKernel, Statement, View } from '@pullback/compiler';
import { type DType, describeOrigins, InternalError } from '@pullback/core';
import type { Block, Names } from '../c/block.ts';
import { formulaText } from '../c/formulas.ts';
import { elementType, kindOf, type Lanes, literal } from '../c/lanes.ts';

/** The neighbours that a spot stands for: from its index on along `axis`; the first `count` of them exist. */
export interface Vector {
  readonly axis: number;
  readonly count: number;
}

/**
 * A place in the code of a kernel where the index along some axes is known: before all loops, in a loop, at neighbours. A value that
 * does not differ along further axes is computed here once and kept for everything inside.
 */
export interface Spot {
  readonly parent: Spot | undefined;
  /** The index along each axis that is known. */
  readonly indices: ReadonlyMap<number, string>;
  readonly vector: Vector | undefined;
  readonly block: Block;
  readonly memo: Map<string, string>;
  /** `row`: sums along inner axes are known inside; `late`: all sums are. */
  readonly kind: 'before' | 'loop' | 'row' | 'late';
}

export interface SpotOptions {
  readonly known?: readonly (readonly [axis: number, index: string])[];
  readonly vector?: Vector | undefined;
  readonly kind?: Spot['kind'];
}

export function spotIn(
  parent: Spot | undefined,
  block: Block,
  { known = [], vector, kind = 'loop' }: SpotOptions = {},
): Spot {
  return {
    parent,
    indices: new Map([...(parent?.indices ?? []), ...known]),
    vector: vector ?? parent?.vector,
    block,
    memo: new Map(),
    kind,
  };
}

/** Where the functions of a kernel find its buffers: as locals of their element type. */
export interface Places {
  of(buffer: number, dtype: DType): string;
}

/** Writes the statements of a kernel at spots. */
export class Writer {
  /** Statements that need the sums along inner axes of their row. */
  readonly #inRow = new Set<number>();
  readonly #late = new Set<number>();
  /** The sum of a product and what is made of it: known at its element alone, whatever the extents are. */
  readonly #ofProduct = new Set<number>();

  constructor(
    readonly kernel: LoopKernel | ProductKernel,
    readonly places: Places,
    readonly lanes: Lanes,
    readonly names: Names,
  ) {
    kernel.statements.forEach((statement, i) => {
      const follows = (known: ReadonlySet<number>) =>
        statement.inputs.some((input) => input.kind === 'statement' && known.has(input.statement));
      if (statement.kind === 'reduce') (statement.along === 'inner' ? this.#inRow : this.#late).add(i);
      else if (statement.kind === 'product' || follows(this.#ofProduct)) this.#ofProduct.add(i);
      else if (follows(this.#late)) this.#late.add(i);
      else if (follows(this.#inRow)) this.#inRow.add(i);
    });
  }

  isLate(statement: number): boolean {
    return this.#late.has(statement);
  }

  /** Whether a statement is known only when a sum is. */
  followsSum(statement: number): boolean {
    return this.#late.has(statement) || this.#inRow.has(statement);
  }

  statement(index: number): Statement {
    const statement = this.kernel.statements[index];
    if (statement === undefined)
      throw new InternalError({ got: `no statement ${index}`, expected: 'one of the kernel' });
    return statement;
  }

  /** The outermost spot at which what differs along `varies` is known. */
  #spotFor(spot: Spot, varies: readonly boolean[], statement = -1): Spot {
    const barrier = this.#late.has(statement) ? 'late' : this.#inRow.has(statement) ? 'row' : undefined;
    let at = spot;
    if (this.#ofProduct.has(statement)) return at;
    while (at.kind !== barrier && at.parent !== undefined) {
      const { parent } = at;
      const lost = [...at.indices.keys()].filter((axis) => !parent.indices.has(axis));
      if (lost.some((axis) => varies[axis] === true)) break;
      at = parent;
    }
    return at;
  }

  /** Whether this is the outermost spot at which `statement` is known. */
  isHome(spot: Spot, statement: number): boolean {
    const { varies } = this.statement(statement);
    const known = varies.every((does, axis) => !does || spot.indices.has(axis));
    return known && this.#spotFor(spot, varies, statement) === spot;
  }

  valueOf(spot: Spot, input: Input): string {
    switch (input.kind) {
      case 'statement':
        return this.value(spot, input.statement);
      case 'number':
        return this.lanes.splat(kindOf(input.dtype), literal(input.dtype, input.number));
      case 'load':
        return this.#load(spot, input.buffer, input.view, input.dtype);
      case 'index':
        return this.#index(spot, input.view, input.dtype);
      default:
        return input satisfies never;
    }
  }

  /** The number of a statement at a spot; sums must have been kept there before. */
  value(spot: Spot, index: number): string {
    const statement = this.statement(index);
    const at = this.#spotFor(spot, statement.varies, index);
    const known = at.memo.get(`statement ${index}`);
    if (known !== undefined) return known;
    const text = this.#compute(at, statement);
    return this.know(at, index, this.keep(at.block, statement.dtype, text, `s${index}_`));
  }

  /** Keeps what a statement makes for everything inside the spot. */
  know(spot: Spot, index: number, text: string): string {
    spot.memo.set(`statement ${index}`, text);
    return text;
  }

  /** A local of that value. */
  keep(block: Block, dtype: DType, text: string, prefix = 'x'): string {
    if (/^\w+$/.test(text)) return text;
    const local = this.names.next(prefix);
    block.line(`const ${this.lanes.type(kindOf(dtype))} ${local} = ${text};`);
    return local;
  }

  #compute(spot: Spot, statement: Statement): string {
    const inputs = statement.inputs.map((input) => this.valueOf(spot, input));
    if (statement.kind === 'gather') return this.#gather(spot, statement, inputs[0] ?? '0');
    if (statement.kind !== 'map')
      throw new InternalError({
        got: `${statement.name} before it is known`,
        expected: 'sums first',
        at: describeOrigins(this.kernel.origins),
      });
    return formulaText(
      { block: spot.block, names: this.names, lanes: this.lanes },
      statement.formula,
      inputs,
    );
  }

  dtypeOf(input: Input): DType {
    return input.kind === 'statement' ? this.statement(input.statement).dtype : input.dtype;
  }

  /** The address of the element that a view has at the first of the spot's elements. */
  address(spot: Spot, buffer: number, { offset, strides }: View, dtype: DType): string {
    return plus(this.places.of(buffer, dtype), placeOf(spot, offset, strides));
  }

  #load(spot: Spot, buffer: number, view: View, dtype: DType): string {
    const at = this.#spotFor(
      spot,
      view.strides.map((stride) => stride !== 0),
    );
    const key = `load ${buffer} ${view.offset} ${view.strides.join()}`;
    const known = at.memo.get(key);
    if (known !== undefined) return known;
    const address = this.address(at, buffer, view, dtype);
    const value = this.keep(at.block, dtype, this.#read(at, dtype, address, view.strides));
    at.memo.set(key, value);
    return value;
  }

  #read({ vector }: Spot, dtype: DType, address: string, strides: readonly number[]): string {
    const { lanes } = this;
    const stride = vector === undefined ? 0 : (strides[vector.axis] ?? 0);
    if (lanes.isPlain || stride === 1) return `load_${lanes.memory(dtype)}(${address})`;
    if (vector === undefined || stride === 0) return lanes.splat(kindOf(dtype), elementText(dtype, address));
    return `strided_${lanes.memory(dtype)}(${address}, ${stride}, ${Math.min(vector.count, lanes.count)})`;
  }

  #index(spot: Spot, view: View, dtype: DType): string {
    const { lanes } = this;
    const at = this.#spotFor(
      spot,
      view.strides.map((stride) => stride !== 0),
    );
    const key = `index ${dtype} ${view.offset} ${view.strides.join()}`;
    const known = at.memo.get(key);
    if (known !== undefined) return known;
    const first = lanes.splat('i', `(int32_t)(${placeOf(at, view.offset, view.strides) || '0'})`);
    const stride = at.vector === undefined || lanes.isPlain ? 0 : (view.strides[at.vector.axis] ?? 0);
    const steps = Array.from({ length: lanes.count }, (_, k) => k * stride).join(', ');
    const ints = stride === 0 ? first : `(${first} + (${lanes.type('i')}){${steps}})`;
    const value = this.keep(at.block, dtype, this.#converted(ints, dtype), 'i');
    at.memo.set(key, value);
    return value;
  }

  #converted(ints: string, dtype: DType): string {
    const { lanes } = this;
    if (dtype === 'int32') return ints;
    if (dtype === 'bool') return lanes.call('nonzero', 'i', ints);
    if (dtype === 'uint8') return `(${ints} & ${lanes.splat('i', '255')})`;
    return lanes.call(`from_${lanes.suffix('i')}`, kindOf(dtype), ints);
  }

  /** The element of each row that an index names; where it is outside the first row is read, and nothing of it kept. */
  #gather(spot: Spot, statement: Extract<Statement, { kind: 'gather' }>, index: string): string {
    const { buffer, view, stride, extent, dtype } = statement;
    const { lanes, names } = this;
    const { vector, block } = spot;
    const kind = kindOf(dtype);
    if (extent === 0) return lanes.splat(kind, literal(dtype, 0));
    const inside = this.keep(block, 'int32', this.#isInside(index, extent), 'inside');
    const safe = this.keep(block, 'int32', `(${inside} & ${index})`, 'row');
    const base = this.address(spot, buffer, view, dtype);
    const along = vector === undefined ? 0 : (view.strides[vector.axis] ?? 0);
    const input = statement.inputs[0];
    const spread =
      !lanes.isPlain && vector !== undefined && input !== undefined && this.#differsAlong(input, vector.axis);
    const mask = kind === 'd' && !lanes.isPlain ? lanes.call('mask', 'l', inside) : inside;
    if (!spread) {
      const first = lanes.isPlain ? safe : `${safe}[0]`;
      const value = this.#read(spot, dtype, `${base} + (int64_t)${first} * ${stride}`, view.strides);
      return lanes.call('select', kind, mask, value, lanes.splat(kind, literal(dtype, 0)));
    }
    const local = names.next('g');
    block.line(`${lanes.type(kind)} ${local} = {0};`);
    const each = elementText(dtype, `${base} + (int64_t)${safe}[k] * ${stride} + k * ${along}`);
    block.line(`for (int k = 0; k < ${Math.min(vector.count, lanes.count)}; k++) ${local}[k] = ${each};`);
    return lanes.call('select', kind, mask, local, lanes.splat(kind, literal(dtype, 0)));
  }

  #isInside(index: string, extent: number): string {
    const { lanes } = this;
    const from = lanes.call('lessEqual', 'i', lanes.splat('i', '0'), index);
    return `(${from} & ${lanes.call('less', 'i', index, lanes.splat('i', String(extent)))})`;
  }

  #differsAlong(input: Input, axis: number): boolean {
    if (input.kind === 'statement') return this.statement(input.statement).varies[axis] === true;
    return input.kind !== 'number' && (input.view.strides[axis] ?? 0) !== 0;
  }

  /** Writes what `statement` makes wherever the kernel stores it, at its spot. */
  store(spot: Spot, index: number): void {
    for (const { statement, buffer, view } of this.kernel.stores) {
      if (statement !== index) continue;
      const { dtype } = this.statement(index);
      const value = this.value(spot, index);
      const address = this.address(spot, buffer, view, dtype);
      spot.block.line(`${this.#stored(spot, dtype, address, value, view.strides)};`);
    }
  }

  #stored(
    { vector }: Spot,
    dtype: DType,
    address: string,
    value: string,
    strides: readonly number[],
  ): string {
    const { lanes } = this;
    const stride = vector === undefined ? 0 : (strides[vector.axis] ?? 0);
    const name = lanes.memory(dtype);
    if (lanes.isPlain) return `store_${name}(${address}, ${value})`;
    if (vector === undefined || stride === 0) return `store_part_${name}(${address}, ${value}, 1)`;
    if (stride !== 1) return `store_strided_${name}(${address}, ${value}, ${stride}, ${vector.count})`;
    return vector.count === lanes.count
      ? `store_${name}(${address}, ${value})`
      : `store_part_${name}(${address}, ${value}, ${vector.count})`;
  }
}

/** An element in memory as it is held. */
function elementText(dtype: DType, address: string): string {
  return dtype === 'bool' ? `-(*(${address}) != 0)` : `*(${address})`;
}

function plus(base: string, place: string): string {
  return place === '' ? base : `${base} + ${place}`;
}

/** The place of an element, from the indices that are known; nothing for 0. */
export function placeOf(
  { indices }: Pick<Spot, 'indices'>,
  offset: number,
  strides: readonly number[],
): string {
  const terms = [...indices].flatMap(([axis, index]) => {
    const stride = strides[axis] ?? 0;
    if (stride === 0 || index === '0') return [];
    return [stride === 1 ? index : `${index} * ${stride}`];
  });
  if (offset !== 0 || terms.length === 0) terms.unshift(...(offset === 0 ? [] : [String(offset)]));
  return terms.join(' + ');
}

export { elementType };
