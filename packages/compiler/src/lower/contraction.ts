import {
  denseView,
  type Instruction,
  type Labels,
  type Placed,
  rolesOf,
  sizeOf,
  type TensorSpec,
  type View,
} from '@pullback/core';
import type { Bounded, Lowering } from './lowering.ts';
import type { Bound, Factor, InMemory } from './op.ts';

/** A label of the contraction: its extent, and one step along it in each operand and its bounds, and in the result. */
interface Axis {
  readonly extent: number;
  readonly a: readonly number[];
  readonly b: readonly number[];
  readonly out: readonly number[];
}

type Side = 'a' | 'b';

/** Whether a bound goes upwards only, and cuts no elements that lie side by side: those are read as vectors. */
function isEasy({ view }: Bounded, { strides }: Bound): boolean {
  return strides.every((stride, axis) => stride === 0 || (stride > 0 && view.strides[axis] !== 1));
}

/** For products with as many columns padding is read through bounds, which are looked at once for all of them; else it is copied. */
const manyColumns = 32;

/**
 * A contraction as a batch of products of matrices. Neighbouring rows become one axis where strides allow, and so do columns; those that
 * are left over are axes of the batch along which the other operand does not move. An operand whose inner axes do not lie together is copied
 * where the copy is no larger than what it is a copy of. Windows are: their lines and steps stay several axes, rows and columns
 * being one wherever they are one in the result.
 */
export function contraction(lowering: Lowering, instruction: Instruction, labels: Labels): void {
  const common = lowering.commonOf(instruction);
  const [first = -1, second = -1] = instruction.inputs;
  const roles = rolesOf(labels);
  const specs = [lowering.specOf(first), lowering.specOf(second)] as const;
  const extentOf = (label: number): number => {
    const i = labels.a.indexOf(label);
    return (i < 0 ? specs[1].shape[labels.b.indexOf(label)] : specs[0].shape[i]) ?? 1;
  };
  const sizes = (some: readonly number[]) => sizeOf(some.map(extentOf));
  const operand = (value: number, others: readonly number[]): Bounded => {
    const bounded = sizes(others) >= manyColumns ? lowering.boundedOf(value) : undefined;
    if (bounded?.bounds.every((bound) => isEasy(bounded, bound)) === true) return bounded;
    const plain = lowering.inMemory(lowering.meaningOf(value), lowering.specOf(value), instruction);
    return { ...plain, bounds: [] };
  };
  const out = denseView(common.spec.shape);
  const axesFor = (a: Bounded, b: Bounded, some: readonly number[]): Axis[] =>
    some.flatMap((label) => {
      const at = (list: readonly number[], strides: readonly number[]) => strides[list.indexOf(label)] ?? 0;
      const of = (list: readonly number[], { view, bounds }: Bounded) => [
        at(list, view.strides),
        ...bounds.map(({ strides }) => at(list, strides)),
      ];
      const extent = extentOf(label);
      const axis = { extent, a: of(labels.a, a), b: of(labels.b, b), out: [at(labels.out, out.strides)] };
      return extent === 1 ? [] : [axis];
    });

  let [a, b] = [operand(first, roles.columns), operand(second, roles.rows)];
  /** Whether the steps of an operand are several axes: a copy in which they are one would be larger. */
  const isNested = (which: Side, x: Bounded, some: readonly number[]): boolean => {
    if (x.bounds.length > 0) return true;
    if (joined(axesFor(a, b, roles.inner), [which]).length <= 1) return false;
    return sizes(some) > sizeOf(lowering.specs.get(x.root)?.shape ?? []);
  };
  const lies = (which: Side) => joined(axesFor(a, b, roles.inner), [which]).length <= 1;
  const nested = { a: isNested('a', a, labels.a), b: isNested('b', b, labels.b) };
  const copyOf = (operand: InMemory, given: Omit<Copied, 'operand' | 'inner'>): Bounded => ({
    ...copied(lowering, instruction, { ...given, operand, inner: roles.inner }),
    bounds: [],
  });
  if (!nested.a && !lies('a')) a = copyOf(a, { spec: specs[0], from: labels.a, lines: roles.rows });
  if (!nested.b && !lies('b')) b = copyOf(b, { spec: specs[1], from: labels.b, lines: roles.columns });
  const axes = (some: readonly number[]) => axesFor(a, b, some);
  const rows = lastJoined(axes(roles.rows), nested.a ? ['out'] : ['a', 'out']);
  const columns = lastJoined(axes(roles.columns), nested.b ? ['out'] : ['b', 'out']);
  const inner = axes(roles.inner);
  const batch = [...axes(roles.batch), ...rows.others, ...columns.others];
  const factor = (which: Side, { root, view, bounds }: Bounded, own: readonly Axis[]) => {
    const [lines, steps] = [orOne(joined(own, [which])), orOne(joined(inner, [which]))];
    const all = [...batch, ...lines, ...steps];
    const along = (place: number) => all.map((axis) => axis[which][place] ?? 0);
    const made: Factor = {
      lines: lines.map(({ extent }) => extent),
      steps: steps.map(({ extent }) => extent),
      bounds: bounds.map((bound, i) => ({ ...bound, strides: along(1 + i) })),
    };
    const read: InMemory = { kind: 'root', root, view: { offset: view.offset, strides: along(0) } };
    return { made, read };
  };
  defineProduct(lowering, instruction, {
    batch,
    rows: rows.last,
    columns: columns.last,
    inner,
    factors: [factor('a', a, rows.last), factor('b', b, columns.last)],
  });
}

interface Product {
  readonly batch: readonly Axis[];
  readonly rows: readonly Axis[];
  readonly columns: readonly Axis[];
  readonly inner: readonly Axis[];
  readonly factors: readonly [FactorRead, FactorRead];
}

/** A factor of a product, and what it reads. */
interface FactorRead {
  readonly made: Factor;
  readonly read: InMemory;
}

/** Defines a product, or its transpose, where what is read one after the other then lies side by side. */
function defineProduct(
  lowering: Lowering,
  instruction: Instruction,
  { batch, rows, columns, inner, factors: [left, right] }: Product,
): void {
  const common = lowering.commonOf(instruction);
  const [row = nothing, column = nothing] = [rows.at(-1), columns.at(-1)];
  const [rowCount = 1, columnCount = 1, depth = 1] = [rows, columns, inner].map((some) =>
    sizeOf(some.map(({ extent }) => extent)),
  );
  const isTurned =
    column.out[0] === 1 && row.out[0] === columnCount && strideRead(lowering, instruction) === columnCount;
  const place = (stride = 0) => (isTurned ? turnedStride(stride, rowCount, columnCount) : stride);
  const [first, second] = isTurned ? [right, left] : [left, right];
  const matrix = isTurned ? [columnCount, rowCount] : [rowCount, columnCount];
  const axes = [...batch, ...(isTurned ? [column, row] : [row, column]), nothing];
  lowering.define({
    ...common,
    kind: 'product',
    shape: [...batch.map(({ extent }) => extent), ...matrix, depth],
    operands: [first.read, second.read],
    factors: [first.made, second.made],
    strides: axes.map((axis) => place(axis.out[0])),
  });
  const { root, spec } = common;
  const strides = denseView(spec.shape).strides.map(place);
  lowering.means(root, { kind: 'root', root, view: { offset: 0, strides } });
}

/** The stride of an axis of a matrix, or of a batch of them, once its columns are rows. */
function turnedStride(stride: number, rows: number, columns: number): number {
  if (stride < columns) return stride * rows;
  return stride < rows * columns ? stride / columns : stride;
}

/** How far apart those lie that are neighbours where a contraction is read, through views of views. */
function strideRead(lowering: Lowering, { first, outputs: [spec] }: Instruction): number | undefined {
  const shape = spec?.shape ?? [];
  let seen: Placed = { ...denseView(shape), shape };
  let value = first;
  for (;;) {
    const reader = lowering.readerOf(value);
    const form = reader?.primitive.form;
    const to = reader?.outputs[0]?.shape ?? [];
    const view = form?.kind === 'view' ? form.view(seen, reader?.attributes ?? {}, to) : undefined;
    if (reader === undefined || view === undefined) break;
    seen = { ...view, shape: to };
    value = reader.first;
  }
  return seen.strides.filter((_, axis) => seen.shape[axis] !== 1).at(-1);
}

const nothing: Axis = { extent: 1, a: [0], b: [0], out: [0] };
const orOne = (axes: readonly Axis[]): readonly Axis[] => (axes.length === 0 ? [nothing] : axes);

/** Whether two neighbouring axes are one in an operand or in the result. */
function together(outer: Axis, inner: Axis, where: readonly (Side | 'out')[]): boolean {
  return where.every((which) =>
    outer[which].every((step, i) => step === (inner[which][i] ?? 0) * inner.extent),
  );
}

/** The axes, neighbours as one where they are one in `where`. */
function joined(axes: readonly Axis[], where: readonly (Side | 'out')[]): readonly Axis[] {
  const found: Axis[] = [];
  for (const axis of [...axes].reverse()) {
    const [next] = found;
    if (next !== undefined && together(axis, next, where))
      found[0] = { ...next, extent: axis.extent * next.extent };
    else found.unshift(axis);
  }
  return found;
}

/** As many of the last axes as one axis can say, and those before them. */
function lastJoined(
  axes: readonly Axis[],
  where: readonly (Side | 'out')[],
): { readonly last: readonly Axis[]; readonly others: readonly Axis[] } {
  let from = Math.max(0, axes.length - 1);
  while (from > 0 && joined(axes.slice(from - 1), where).length === 1) from--;
  return { last: axes.slice(from), others: axes.slice(0, from) };
}

interface Copied {
  readonly operand: InMemory;
  readonly spec: TensorSpec;
  /** The labels of its axes. */
  readonly from: readonly number[];
  readonly inner: readonly number[];
  readonly lines: readonly number[];
}

/** A copy in which the inner axes lie together in their order, read by the labels' own order. Axes that lie side by side stay the last. */
function copied(
  lowering: Lowering,
  instruction: Instruction,
  { operand, spec, from, inner, lines }: Copied,
): InMemory {
  const isLast = (label: number, i: number) =>
    lines.includes(label) && operand.view.strides[i] === 1 && (spec.shape[i] ?? 1) > 1;
  const last = from.some(isLast) ? lines : inner;
  const order = from.filter((label) => !last.includes(label) && !inner.includes(label));
  order.push(...(last === lines ? [...inner, ...from.filter((label) => lines.includes(label))] : inner));
  const axes = order.map((label) => from.indexOf(label));
  const shape = axes.map((axis) => spec.shape[axis] ?? 1);
  const { offset, strides } = operand.view;
  const view: View = { offset, strides: axes.map((axis) => strides[axis] ?? 0) };
  const copy = lowering.copy(
    { kind: 'root', root: operand.root, view },
    { shape, dtype: spec.dtype },
    instruction,
  );
  return {
    ...copy,
    view: { offset: 0, strides: from.map((label) => copy.view.strides[order.indexOf(label)] ?? 0) },
  };
}
