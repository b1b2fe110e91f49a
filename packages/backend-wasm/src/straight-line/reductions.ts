import { type DType, type Shape, sizeOf } from '@pullback/core';
import type { Element, Elements } from './elements.ts';
import type { Numeric } from './operations.ts';
import * as operations from './operations.ts';
import type { Vectorizer } from './vectorizer.ts';

type List = readonly Element[];

/**
 * Reductions, products and indexing as operations on single elements, in the order in which the primitives' own meaning takes them and,
 * as there, in float64 where elements are float32: so they give the same bits.
 */
export class Reductions {
  constructor(
    readonly vectorizer: Vectorizer,
    readonly relaxed: boolean,
  ) {}

  get #elements(): Elements {
    return this.vectorizer.elements;
  }

  #same(x: number, { length }: ArrayLike<unknown>): Element[] {
    return new Array<Element>(length).fill(this.#elements.number(x));
  }

  /** Runs of 64 in order, their sums as a tree whose left side is the largest power of 2 of runs. */
  sum(x: List, shape: Shape, axes: readonly number[], dtype: Numeric): Element[] {
    const terms = alongAxes(x, shape, axes);
    const [first = []] = terms;
    const results = first.length > 0 ? first : this.#same(0, { length: sizeOf(kept(shape, axes)) });
    // One term is rounded once either way.
    if (dtype === 'float32' && terms.length > 1)
      return this.#rounded(
        this.#pairwise(
          terms.map((term) => this.#widened(term)),
          'float64',
          results,
        ),
      );
    return this.#pairwise(terms, dtype, results);
  }

  #pairwise(terms: readonly List[], dtype: Numeric, like: List): Element[] {
    const add = operations.sum(dtype);
    if (terms.length <= 64)
      return terms.reduce<Element[]>(
        (total, term) => this.vectorizer.apply(add, total, term),
        this.#same(0, like),
      );
    let left = 64;
    while (left * 2 < terms.length) left *= 2;
    const halves = [terms.slice(0, left), terms.slice(left)].map((half) => this.#pairwise(half, dtype, like));
    return this.vectorizer.apply(add, ...halves);
  }

  max(x: List, shape: Shape, axes: readonly number[], dtype: Numeric): Element[] {
    const larger = operations.larger(dtype);
    const [first = [], ...others] = alongAxes(x, shape, axes);
    return others.reduce<Element[]>((best, other) => this.vectorizer.apply(larger, best, other), [...first]);
  }

  argmax(x: List, shape: Shape, axis: number, dtype: Numeric): Element[] {
    const { apply } = this.#bound;
    const wide = dtype === 'float64';
    const index = wide ? dtype : 'int32';
    const [first = [], ...others] = alongAxes(x, shape, [axis]);
    let best: List = first;
    let place: List = this.#same(0, first);
    others.forEach((other, k) => {
      const better = apply(operations.better(dtype), other, best);
      best = apply(operations.pick(dtype, dtype), better, other, best);
      place = apply(operations.pick(dtype, index), better, this.#same(k + 1, first), place);
    });
    return wide ? apply(operations.intOfDouble, place) : [...place];
  }

  /** a b for matrices [batch, rows, inner] and [batch, inner, columns], over `inner` in order from 0. */
  product(
    a: List,
    b: List,
    [batch, rows, inner, columns]: readonly [number, number, number, number],
    dtype: 'float32' | 'float64',
  ): Element[] {
    // The product of two float32 is exact in float64: rounded to float32 it is the float32 product.
    const wide = dtype === 'float32' && inner > 1;
    const [left, right] = wide ? [this.#widened(a), this.#widened(b)] : [a, b];
    const exact = wide && this.relaxed;
    const step = exact ? operations.addExactProduct : operations.addProduct(wide ? 'float64' : dtype);
    const places = Array.from({ length: batch * rows * columns }, (_, i) => i);
    const operandsAt = (order: readonly number[], k: number): readonly [Element[], Element[]] => [
      order.map((i) => left[Math.floor(i / columns) * inner + k] ?? 0),
      order.map((i) => right[(Math.floor(i / (rows * columns)) * inner + k) * columns + (i % columns)] ?? 0),
    ];
    const byColumns = [...places].sort((i, j) => (i % columns) - (j % columns));
    const orders = rows > 1 && columns > 1 ? [places, byColumns] : [places];
    const costs = orders.map((order) =>
      this.vectorizer.costOf(
        step,
        Array.from({ length: inner }, (_, k) => [this.#same(0, order), ...operandsAt(order, k)]),
      ),
    );
    const order = orders[costs.indexOf(Math.min(...costs))] ?? places;
    let totals = this.#same(0, places);
    for (let k = 0; k < inner; k++) totals = this.vectorizer.apply(step, totals, ...operandsAt(order, k));
    const results = wide ? this.#rounded(totals) : totals;
    const sorted: Element[] = [];
    order.forEach((place, i) => {
      sorted[place] = results[i] ?? 0;
    });
    return sorted;
  }

  /** The elements at `indices` along the middle one of three axes, 0 where that is outside. */
  gather(
    x: List,
    indices: List,
    [outer, extent, inner]: readonly [number, number, number],
    dtype: DType,
  ): Element[] {
    const at = (row: number, place: number, i: number) => x[(row * extent + place) * inner + i] ?? 0;
    const every = <T>(f: (row: number, index: Element, i: number) => T): T[] =>
      range(outer).flatMap((row) => indices.flatMap((index) => range(inner).map((i) => f(row, index, i))));
    const known = (index: Element) => this.#elements.numberOf(index);
    if (indices.every((index) => known(index) !== undefined))
      return every((row, index, i) => {
        const place = known(index) ?? -1;
        return place >= 0 && place < extent ? at(row, place, i) : 0;
      });
    const { apply } = this.#bound;
    const named = this.#indices(indices, dtype);
    const names = every((_, index) => named.lookup.get(index) ?? index);
    return range(extent).reduce<Element[]>(
      (result, place) => {
        const here = apply(operations.same(named.dtype), names, this.#same(place, names));
        return apply(
          operations.pick(named.dtype, dtype),
          here,
          every((row, _, i) => at(row, place, i)),
          result,
        );
      },
      this.#same(0, names),
    );
  }

  /** Zeros, to which the rows of `updates` are added where `indices` say, in their order. */
  scatterAdd(
    updates: List,
    indices: List,
    [outer, extent, inner]: readonly [number, number, number],
    dtype: Numeric,
  ): Element[] {
    const { apply } = this.#bound;
    const wide = dtype === 'float32';
    const terms = wide ? this.#widened(updates) : updates;
    const total = wide ? 'float64' : dtype;
    const named = this.#indices(indices, total);
    const add = operations.sum(total);
    let totals = this.#same(0, { length: outer * extent * inner });
    indices.forEach((index, n) => {
      const known = this.#elements.numberOf(index);
      const touched = range(outer * extent * inner).filter(
        (to) => known === undefined || Math.floor(to / inner) % extent === known,
      );
      const rows = touched.map((to) => {
        const [row, i] = [Math.floor(to / (extent * inner)), to % inner];
        return terms[(row * indices.length + n) * inner + i] ?? 0;
      });
      const name = named.lookup.get(index) ?? index;
      // No total is ever -0, so that adding 0 leaves it as it is.
      const addends =
        known === undefined
          ? apply(
              operations.pick(named.dtype, total),
              apply(
                operations.same(named.dtype),
                rows.map(() => name),
                touched.map((to) => this.#elements.number(Math.floor(to / inner) % extent)),
              ),
              rows,
              this.#same(0, rows),
            )
          : rows;
      const sums = apply(
        add,
        touched.map((to) => totals[to] ?? 0),
        addends,
      );
      totals = [...totals];
      touched.forEach((to, i) => {
        totals[to] = sums[i] ?? 0;
      });
    });
    return wide ? this.#rounded(totals) : totals;
  }

  /** Indices in lanes as wide as those of `dtype`. */
  #indices(indices: List, dtype: DType): { dtype: Numeric; lookup: ReadonlyMap<Element, Element> } {
    if (dtype !== 'float64') return { dtype: 'int32', lookup: new Map() };
    const doubles = this.vectorizer.apply(operations.doubleOfInt, indices);
    return { dtype, lookup: new Map(indices.map((index, i) => [index, doubles[i] ?? index])) };
  }

  #widened(x: List): Element[] {
    return this.vectorizer.apply(operations.promote, x);
  }

  #rounded(x: List): Element[] {
    return this.vectorizer.apply(operations.demote, x);
  }

  get #bound(): { readonly apply: Vectorizer['apply'] } {
    return { apply: (operation, ...operands) => this.vectorizer.apply(operation, ...operands) };
  }
}

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function kept(shape: Shape, axes: readonly number[]): number[] {
  return shape.map((extent, i) => (axes.includes(i) ? 1 : extent));
}

/** For each place along the axes, in row-major order, the elements that stand there, one for each result. */
function alongAxes(x: List, shape: Shape, axes: readonly number[]): Element[][] {
  const strides = shape.map((_, i) => sizeOf(shape.slice(i + 1)));
  const offsets = (extents: readonly number[]): number[] =>
    extents.reduce<number[]>(
      (starts, extent, i) =>
        starts.flatMap((start) => range(extent).map((place) => start + place * (strides[i] ?? 0))),
      [0],
    );
  const results = offsets(kept(shape, axes));
  return offsets(shape.map((extent, i) => (axes.includes(i) ? extent : 1))).map((offset) =>
    results.map((start) => x[start + offset] ?? 0),
  );
}
