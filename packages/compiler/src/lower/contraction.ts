import {
  denseView,
  type Instruction,
  type Labels,
  rolesOf,
  type TensorSpec,
  type View,
} from '@pullback/core';
import type { InMemory, Lowering } from './lowering.ts';

/** A label of the contraction: its extent, and one step along it in each of the two operands and in the result. */
interface Axis {
  readonly extent: number;
  readonly a: number;
  readonly b: number;
  readonly out: number;
}

/**
 * A contraction as a batch of products of matrices. Neighbouring rows become one axis where strides allow, and so do columns; those that
 * are left over are axes of the batch along which the other operand does not move. Inner axes always become one: an operand in which they
 * do not lie together is copied.
 */
export function contraction(lowering: Lowering, instruction: Instruction, labels: Labels): void {
  const common = lowering.commonOf(instruction);
  const [first = -1, second = -1] = instruction.inputs;
  const roles = rolesOf(labels);
  const operand = (value: number) =>
    lowering.inMemory(lowering.meaningOf(value), lowering.specOf(value), instruction);
  const out = denseView(common.spec.shape);
  const axesFor = (a: View, b: View, some: readonly number[]): Axis[] =>
    some.flatMap((label) => {
      const at = (list: readonly number[], { strides }: View) => strides[list.indexOf(label)] ?? 0;
      const axis = {
        extent: extentOf(label),
        a: at(labels.a, a),
        b: at(labels.b, b),
        out: at(labels.out, out),
      };
      return axis.extent === 1 ? [] : [axis];
    });
  const specs = [lowering.specOf(first), lowering.specOf(second)] as const;
  const extentOf = (label: number): number => {
    const i = labels.a.indexOf(label);
    return (i < 0 ? specs[1].shape[labels.b.indexOf(label)] : specs[0].shape[i]) ?? 1;
  };

  let [a, b] = [operand(first), operand(second)];
  const lies = (which: 'a' | 'b') => axesFor(a.view, b.view, roles.inner).every(togetherIn(which));
  if (!lies('a'))
    a = copied(lowering, instruction, { operand: a, spec: specs[0], from: labels.a, inner: roles.inner });
  if (!lies('b'))
    b = copied(lowering, instruction, { operand: b, spec: specs[1], from: labels.b, inner: roles.inner });
  const axes = (some: readonly number[]) => axesFor(a.view, b.view, some);
  const rows = lastMerged(axes(roles.rows), ['a', 'out']);
  const columns = lastMerged(axes(roles.columns), ['b', 'out']);
  const inner = merged(axes(roles.inner));
  const batch = [...axes(roles.batch), ...rows.others, ...columns.others];
  const space = [...batch, rows.axis, columns.axis, inner];
  const viewOf = ({ root, view }: InMemory, which: 'a' | 'b'): InMemory => ({
    kind: 'root',
    root,
    view: { offset: view.offset, strides: space.map((axis) => axis[which]) },
  });
  lowering.put({
    ...common,
    kind: 'product',
    shape: space.map(({ extent }) => extent),
    operands: [viewOf(a, 'a'), viewOf(b, 'b')],
    strides: space.map((axis) => axis.out),
  });
}

const nothing: Axis = { extent: 1, a: 0, b: 0, out: 0 };

/** Whether an axis and the one behind it are one axis in an operand or in the result. */
const togetherIn =
  (which: 'a' | 'b' | 'out') =>
  (axis: Axis, i: number, all: readonly Axis[]): boolean => {
    const next = all[i + 1];
    return next === undefined || axis[which] === next[which] * next.extent;
  };

/** As many of the last axes as one axis can say, and those before them. */
function lastMerged(
  axes: readonly Axis[],
  where: readonly ('a' | 'b' | 'out')[],
): { readonly axis: Axis; readonly others: readonly Axis[] } {
  let from = Math.max(0, axes.length - 1);
  while (from > 0 && where.every((which) => togetherIn(which)(axes[from - 1] ?? nothing, from - 1, axes)))
    from--;
  return { axis: merged(axes.slice(from)), others: axes.slice(0, from) };
}

function merged(axes: readonly Axis[]): Axis {
  return { ...(axes.at(-1) ?? nothing), extent: axes.reduce((size, { extent }) => size * extent, 1) };
}

interface Copied {
  readonly operand: InMemory;
  readonly spec: TensorSpec;
  /** The labels of its axes. */
  readonly from: readonly number[];
  readonly inner: readonly number[];
}

/** A copy in which the inner axes are the last, in their order, read by the labels' own order. */
function copied(
  lowering: Lowering,
  instruction: Instruction,
  { operand, spec, from, inner }: Copied,
): InMemory {
  const order = [...from.filter((label) => !inner.includes(label)), ...inner];
  const axes = order.map((label) => from.indexOf(label));
  const shape = axes.map((axis) => spec.shape[axis] ?? 1);
  const { offset, strides } = operand.view;
  const turned: InMemory = { ...operand, view: { offset, strides: axes.map((axis) => strides[axis] ?? 0) } };
  const copy = lowering.copy(turned, { shape, dtype: spec.dtype }, instruction);
  return {
    ...copy,
    view: { offset: 0, strides: from.map((label) => copy.view.strides[order.indexOf(label)] ?? 0) },
  };
}
