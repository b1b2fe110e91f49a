import type { DType } from '@pullback/core';
import { denseView, type View } from '@pullback/core';
import type { Fused } from '../fuse/fuse.ts';
import { type Group, type Member, viewOver } from '../fuse/group.ts';
import type { Lowered } from '../lower/lower.ts';
import { type AssembleOp, copyOf, type Operand, type ProductOp } from '../lower/op.ts';
import {
  atOnce,
  type FactorLoad,
  type Input,
  type Kernel,
  type LoopKernel,
  type ProductKernel,
  type Statement,
  type Store,
} from './kernel.ts';
import { phased } from './phases.ts';

/** The kernels of a group, in order: one, or one for each part that no other kernel writes in place. */
export function kernelsOf(
  group: Group,
  lowered: Lowered,
  { stored, owners }: Pick<Fused, 'stored' | 'owners'>,
): Kernel[] {
  const [first] = group.members.values();
  if (first === undefined) return [];
  const { op } = first;
  if (op.kind === 'whole') {
    const { instruction, origins, operands, shapes } = op;
    const read = operands.filter((operand) => operand.kind === 'root');
    return [
      {
        kind: 'whole',
        instruction,
        inputs: read.map(({ root }) => root),
        offsets: read.map(({ view }) => view.offset),
        shapes,
        outputs: instruction.outputs.map((_, k) => op.root + k),
        origins,
      },
    ];
  }
  if (op.kind === 'assemble') return assembling(op, lowered);
  const members = [...group.members.values()].sort((a, b) => a.op.root - b.op.root);
  // The root of a product comes first, whatever floats before it.
  if (group.kind === 'product')
    members.sort((a, b) => Number(b.op.kind === 'product') - Number(a.op.kind === 'product'));
  const ordered = inOrder(members);
  const numbers = new Map(ordered.map(({ op: { root } }, i) => [root, i]));
  const statements = phased(ordered.map((member) => statementOf(member, group, numbers, lowered)));
  const stores = ordered.flatMap(({ op: { root, within }, strides }, statement): Store[] => {
    if (!stored.has(root) || owners.get(root) !== group) return [];
    const view = { offset: within?.offset ?? 0, strides };
    return within === undefined
      ? [{ statement, buffer: root, view }]
      : [{ statement, buffer: within.root, view, isPart: true }];
  });
  const origins = [...new Set(ordered.flatMap((member) => member.op.origins))];
  const common = { space: group.space, statements, stores, origins };
  if (group.kind === 'product') return [productOf(members, common, lowered)];
  return [collapsed({ ...common, kind: 'loop', order: group.order, outer: 0 }, group.reduced)];
}

/** Members so that each comes after what it reads. */
function inOrder(members: readonly Member[]): Member[] {
  const byRoot = new Map(members.map((member) => [member.op.root, member]));
  const ordered = new Set<Member>();
  const visit = (member: Member): void => {
    if (ordered.has(member)) return;
    for (const operand of member.op.operands) {
      const made = operand.kind === 'root' ? byRoot.get(operand.root) : undefined;
      if (made !== undefined && made !== member) visit(made);
    }
    ordered.add(member);
  };
  for (const member of members) visit(member);
  return [...ordered];
}

function statementOf(
  { op, axes, varies, late }: Member,
  group: Group,
  numbers: ReadonlyMap<number, number>,
  { specs }: Lowered,
): Statement {
  const inputOf = (operand: Operand): Input => {
    if (operand.kind === 'number') return operand;
    const view = viewOver(group.space, axes, operand.view);
    if (operand.kind === 'index') return { ...operand, view };
    const statement = numbers.get(operand.root);
    if (statement !== undefined) return { kind: 'statement', statement };
    return { kind: 'load', buffer: operand.root, view, dtype: dtypeOf(operand.root, specs) };
  };
  const { name } = op;
  const common = {
    ...atOnce,
    name,
    dtype: op.spec.dtype,
    inputs: op.kind === 'product' ? [] : op.operands.map(inputOf),
    varies,
  };
  switch (op.kind) {
    case 'map':
      return { ...common, kind: 'map', formula: op.formula };
    case 'gather': {
      const { from, view, stride, extent } = op;
      return {
        ...common,
        kind: 'gather',
        buffer: from,
        view: viewOver(group.space, axes, view),
        stride,
        extent,
      };
    }
    case 'reduce':
      return {
        ...common,
        kind: 'reduce',
        name: op.name,
        along: group.order === 'columns' || late ? 'outer' : 'inner',
      };
    default:
      return { ...common, kind: 'product' };
  }
}

function dtypeOf(root: number, specs: Lowered['specs']): DType {
  return specs.get(root)?.dtype ?? 'float32';
}

function productOf(
  members: readonly Member[],
  common: Pick<ProductKernel, 'space' | 'statements' | 'stores' | 'origins'>,
  { specs }: Lowered,
): ProductKernel {
  const op = members.find((member): member is Member & { op: ProductOp } => member.op.kind === 'product')?.op;
  const load = (i: 0 | 1): FactorLoad => {
    const operand = op?.operands[i];
    const { lines, steps, bounds } = op?.factors[i] ?? { lines: [], steps: [], bounds: [] };
    const [buffer, view] = operand?.kind === 'root' ? [operand.root, operand.view] : [-1, denseView([])];
    return { buffer, view, lines, steps, bounds, dtype: dtypeOf(buffer, specs) };
  };
  return {
    ...common,
    kind: 'product',
    dtype: op?.spec.dtype ?? 'float32',
    inner: op?.shape.at(-1) ?? 0,
    a: load(0),
    b: load(1),
  };
}

/** A copy of each part to its place, after the fill that shows between them. */
function assembling(
  { root, spec, fill, parts, shape, strides, origins }: AssembleOp,
  { specs }: Lowered,
): Kernel[] {
  const copy = (space: readonly number[], input: Input, view: View): Kernel =>
    collapsed({
      kind: 'loop',
      order: 'map',
      outer: 0,
      space,
      origins,
      statements: [
        {
          ...atOnce,
          kind: 'map',
          name: 'copy',
          formula: copyOf(spec.dtype),
          dtype: spec.dtype,
          inputs: [input],
          varies: space.map((extent) => extent !== 1),
        },
      ],
      stores: [{ statement: 0, buffer: root, view }],
    });
  const copies = parts.map(({ shape: own, operand, to }) => {
    const input: Input =
      operand.kind === 'root'
        ? { kind: 'load', buffer: operand.root, view: operand.view, dtype: dtypeOf(operand.root, specs) }
        : operand;
    return copy(own, input, to);
  });
  if (fill === undefined) return copies;
  return [
    copy(shape, { kind: 'number', number: fill, dtype: spec.dtype }, { offset: 0, strides }),
    ...copies,
  ];
}

/**
 * The kernel with its outer axes first (those that `rows` does not sum along, or those that `columns` does), without axes of extent 1, and with neighbours as
 * one axis where everything goes along both as along one.
 */
function collapsed(kernel: LoopKernel, reduced: readonly boolean[] = []): LoopKernel {
  const { space, order } = kernel;
  const isOuter = (axis: number): boolean =>
    order === 'rows' ? reduced[axis] !== true : order === 'columns' && reduced[axis] === true;
  const axes = space.map((_, axis) => axis).filter((axis) => space[axis] !== 1);
  const outer = joined(kernel, axes.filter(isOuter));
  const inner = joined(
    kernel,
    axes.filter((axis) => !isOuter(axis)),
  );
  const kept = [...outer, ...inner];
  const pick = <T>(list: readonly T[]): T[] => kept.flatMap(({ axis }) => list.slice(axis, axis + 1));
  const change = (view: View): View => ({ ...view, strides: pick(view.strides) });
  const inputOf = (input: Input): Input => ('view' in input ? { ...input, view: change(input.view) } : input);
  return {
    ...kernel,
    outer: outer.length,
    space: kept.map(({ extent }) => extent),
    statements: kernel.statements.map((statement) => ({
      ...statement,
      inputs: statement.inputs.map(inputOf),
      varies: pick(statement.varies),
      ...(statement.kind === 'gather' && { view: change(statement.view) }),
    })),
    stores: kernel.stores.map((store) => ({ ...store, view: change(store.view) })),
  };
}

/** An axis that stands for itself and those before it, of so many points together. */
interface Joined {
  readonly axis: number;
  readonly extent: number;
}

/** `axes` in order, neighbours as one where everything goes along both as along one. */
function joined({ space, statements, stores }: LoopKernel, axes: readonly number[]): Joined[] {
  const found: Joined[] = [];
  for (const axis of [...axes].reverse()) {
    const [next] = found;
    const extent = space[axis] ?? 1;
    const goesOn = ({ strides }: View) =>
      next !== undefined && strides[axis] === (strides[next.axis] ?? 0) * next.extent;
    const together =
      next !== undefined &&
      statements.every(
        (statement) =>
          statement.varies[axis] === statement.varies[next.axis] &&
          statement.inputs.every((input) => !('view' in input) || goesOn(input.view)) &&
          (statement.kind !== 'gather' || goesOn(statement.view)),
      ) &&
      stores.every(({ view, statement }) => statements[statement]?.varies[axis] !== true || goesOn(view));
    if (together) found[0] = { axis: next.axis, extent: extent * next.extent };
    else found.unshift({ axis, extent });
  }
  return found;
}
