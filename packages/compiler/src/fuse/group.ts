import type { View } from '@pullback/core';
import type { MapOp, Op, ReduceOp } from '../lower/op.ts';
import type { Target } from '../target.ts';

/** Where an op stands in the space of a group. */
export interface Member {
  readonly op: Op;
  /** The axis of the space for each axis of the op's shape, several in a row where those are one there; -1 for extents of 1. */
  readonly axes: readonly number[];
  /** Where results lie, over the space. */
  readonly strides: readonly number[];
  /** Along which axes of the space results differ. */
  readonly varies: readonly boolean[];
  /** Known only when all outer points are done. */
  readonly late: boolean;
}

/** Ops in one kernel: engines take longer than linear time for long functions, and what writes them goes as deep as they are long. */
export const mostMembers = 256;

/** Ops that become one kernel. */
export class Group {
  readonly members = new Map<number, Member>();
  /** Grows in the order of the kernels. */
  id = 0;
  /** Along which axes it sums, if it does; those are the inner ones in `rows`, the outer ones in `columns`. */
  reduced: readonly boolean[] | undefined;
  order: 'map' | 'rows' | 'columns' = 'map';

  constructor(
    readonly kind: 'loop' | 'product' | 'single',
    readonly space: readonly number[],
    readonly target: Target,
  ) {}

  get isFull(): boolean {
    return this.members.size >= mostMembers;
  }

  /**
   * Puts `op` in, with the floating ops that it reads, and tells whether it could: each value that is made here must be read at the very
   * point at which it is made.
   */
  add(op: Op, floating: ReadonlyMap<number, Op>): boolean {
    const found = this.place(op, floating);
    for (const member of found ?? []) this.members.set(member.op.root, member);
    const reduce = found?.at(-1);
    if (reduce?.op.kind === 'reduce') this.#adopt(reduce);
    return found !== undefined;
  }

  /** The members that putting `op` in would add, itself last; undefined where it does not fit. */
  place(
    op: Op,
    floating: ReadonlyMap<number, Op>,
    { wanted, pending = [] }: { readonly wanted?: View; readonly pending?: readonly Member[] } = {},
  ): readonly Member[] | undefined {
    // Where an axis has no points nothing inside is computed, though it may differ along other axes alone.
    if (this.members.size > 0 && this.space.includes(0)) return undefined;
    for (const axes of placesOf(op.shape, this.space, this.kind === 'product')) {
      if (this.kind === 'product' && !liesTogether(op, axes)) continue;
      const strides = over(this.space, axes, op.strides);
      if (wanted !== undefined && !(wanted.offset === 0 && wanted.strides.every((s, i) => s === strides[i])))
        continue;
      const members = this.#fill(op, axes, strides, floating, pending);
      if (members !== undefined) return members;
    }
    return undefined;
  }

  #fill(
    op: Op,
    axes: readonly number[],
    strides: readonly number[],
    floating: ReadonlyMap<number, Op>,
    pending: readonly Member[],
  ): readonly Member[] | undefined {
    let added = pending;
    const own: Member[] = [];
    for (const operand of op.operands) {
      if (operand.kind !== 'root') continue;
      const view = viewOver(this.space, axes, operand.view);
      const { root } = operand;
      const made = this.members.get(root) ?? added.find((member) => member.op.root === root);
      if (made !== undefined) {
        if (view.offset !== 0 || view.strides.some((s, i) => s !== made.strides[i])) return undefined;
        own.push(made);
        continue;
      }
      const floats = floating.get(root);
      if (floats === undefined) continue;
      const placed = this.place(floats, floating, { wanted: view, pending: added });
      if (placed === undefined) return undefined;
      added = placed;
    }
    if (op.kind === 'gather' && (this.members.has(op.from) || floating.has(op.from))) return undefined;
    const spread = this.space.map((_, axis) => axes.includes(axis));
    const reduces =
      op.kind === 'reduce' ? over(this.space, axes, flags(op)).map((flag) => flag === 1) : undefined;
    const varies = spread.map((does, axis) => does && reduces?.[axis] !== true);
    const lateOperands = own.filter(({ late }) => late);
    const late = reduces === undefined ? lateOperands.length > 0 : this.#isLate(reduces);
    const legal =
      reduces === undefined
        ? this.#mayMap(varies, own, lateOperands.length)
        : lateOperands.length === 0 && this.#mayReduce(op as ReduceOp, spread, reduces);
    return legal ? [...added, { op, axes, strides, varies, late }] : undefined;
  }

  #mayMap(varies: readonly boolean[], own: readonly Member[], late: number): boolean {
    if (this.kind === 'single') return false;
    if (this.kind === 'product') return this.target.epilogue;
    if (late === 0) return true;
    if (late !== own.length) return false;
    // Late values differ along the axes that are not summed over in the end.
    return varies.every((does, axis) => !does || (this.#survives(axis) && this.#isNarrow));
  }

  /** Whether late values may be kept for each inner point. */
  get #isNarrow(): boolean {
    return this.order === 'columns' || this.#size(this.reduced ?? []) <= this.target.narrowRow;
  }

  #size(axes: readonly boolean[]): number {
    return this.space.reduce((n, extent, axis) => (axes[axis] ? n * extent : n), 1);
  }

  /** Whether late values may differ along the axis. */
  #survives(axis: number): boolean {
    return this.order === 'columns' ? this.reduced?.[axis] !== true : this.reduced?.[axis] === true;
  }

  #isLate(reduces: readonly boolean[]): boolean {
    const { order } = this.order === 'map' ? this.#orderFor(reduces) : this;
    return order === 'columns' || (this.order === 'rows' && !same(reduces, this.reduced));
  }

  #mayReduce(op: ReduceOp, spread: readonly boolean[], reduces: readonly boolean[]): boolean {
    if (this.kind !== 'loop') return false;
    const full = this.space.map((extent) => extent !== 1);
    if (this.order === 'map') return same(spread, full);
    if (same(reduces, this.reduced)) return this.order === 'rows' || same(spread, full);
    if (this.order === 'columns') return false;
    const outer = full.map((does, axis) => does && this.reduced?.[axis] !== true);
    const isTree = op.spec.dtype === 'float64' && this.#size(outer) > this.target.termsInOrder;
    if (!same(reduces, outer) || isTree) return false;
    return same(spread, outer) || (same(spread, full) && this.#isNarrow);
  }

  /** Along the last axes a sum is one row at a time, along others one column at a time. */
  #orderFor(reduces: readonly boolean[]): { readonly order: 'rows' | 'columns' } {
    const last = this.space.reduce((found, extent, axis) => (extent === 1 ? found : axis), -1);
    return { order: last < 0 || reduces[last] === true ? 'rows' : 'columns' };
  }

  #adopt({ op, axes }: Member): void {
    if (this.order !== 'map' || op.kind !== 'reduce') return;
    const reduces = over(this.space, axes, flags(op)).map((flag) => flag === 1);
    this.order = this.#orderFor(reduces).order;
    this.reduced = reduces;
  }
}

/** 1 for each axis that is summed over. */
function flags({ shape, axes }: ReduceOp): number[] {
  return shape.map((_, axis) => (axes.includes(axis) ? 1 : 0));
}

function same(a: readonly boolean[], b: readonly boolean[] | undefined): boolean {
  return b !== undefined && a.every((does, i) => does === b[i]);
}

/** `numbers`, one for each axis of an op, for each axis of the space. */
export function over(
  space: readonly number[],
  axes: readonly number[],
  numbers: readonly number[],
): number[] {
  const result = new Array<number>(space.length).fill(0);
  axes.forEach((axis, i) => {
    if (axis >= 0) result[axis] = numbers[i] ?? 0;
  });
  return result;
}

export function viewOver(space: readonly number[], axes: readonly number[], { offset, strides }: View): View {
  return { offset, strides: over(space, axes, strides) };
}

/**
 * The ways in which the axes of `shape` can be axes of `space`, in order; extents of 1 are none.
 * @param merging whether several neighbours may be one axis of the space.
 */
function placesOf(shape: readonly number[], space: readonly number[], merging: boolean): number[][] {
  const search = (axis: number, from: number): number[][] => {
    if (axis === shape.length) return [[]];
    if (shape[axis] === 1) return search(axis + 1, from).map((rest) => [-1, ...rest]);
    const found: number[][] = [];
    for (let to = from; to < space.length; to++) {
      const extent = space[to] ?? 1;
      let size = 1;
      for (let end = axis; end < shape.length; end++) {
        size *= shape[end] ?? 1;
        if (size === extent)
          for (const rest of search(end + 1, to + 1))
            found.push([...shape.slice(axis, end + 1).map((n) => (n === 1 ? -1 : to)), ...rest]);
        if (!merging || size >= extent) break;
      }
    }
    return found;
  };
  // Most ops go over the space itself, in which each of their axes has one place.
  if (!merging && shape.length === space.length && shape.every((extent, axis) => extent === space[axis]))
    return [shape.map((extent, axis) => (extent === 1 ? -1 : axis))];
  return search(0, 0);
}

/** Whether axes of the op that are one axis of the space are one axis of all that it reads and of its result. */
function liesTogether(op: Op, axes: readonly number[]): boolean {
  const places = axes.flatMap((to, axis) => (to < 0 ? [] : [{ to, axis }]));
  const isOne = (strides: readonly number[]): boolean =>
    places.every(({ to, axis }, i) => {
      const next = places[i + 1];
      if (next?.to !== to) return true;
      return strides[axis] === (strides[next.axis] ?? 0) * (op.shape[next.axis] ?? 1);
    });
  const views = op.operands.flatMap((operand) => (operand.kind === 'number' ? [] : [operand.view.strides]));
  if (op.kind === 'gather') views.push(op.view.strides);
  return isOne(op.strides) && views.every(isOne);
}

/** Whether an op that is computed again costs less than reading its result from memory. */
export function isCheap(op: Op, { costOf }: Target): op is MapOp {
  return op.kind === 'map' && costOf(op.formula) === 'cheap';
}
