import { sizeOf } from '@pullback/core';
import type { Lowered } from '../lower/lower.ts';
import { madeBy, memoryOf, type Op, rootsOf } from '../lower/op.ts';
import { anyTarget, type Target } from '../target.ts';
import { Floating } from './floating.ts';
import { Group, isCheap, mostMembers } from './group.ts';
import { Groups } from './groups.ts';
import { sink } from './sink.ts';
import { turned } from './turned.ts';

export interface Fused {
  /** In an order in which every value is made before it is read. */
  readonly groups: readonly Group[];
  /** The values that need memory. */
  readonly stored: ReadonlySet<number>;
  /** The group that writes each of them; others that have it computed it again. */
  readonly owners: ReadonlyMap<number, Group>;
  /** Why an op began a kernel of its own. */
  readonly reasons: readonly string[];
}

/**
 * Which ops are computed together. Three rules: an op joins the kernel of its latest producer; one made of inputs alone is computed again
 * wherever it is read, when that is cheap; else it joins a later kernel over the same space, or begins one.
 */
export function fuse({ ops, outputs, inputs }: Lowered, target: Target = anyTarget): Fused {
  const groups = new Groups();
  const groupOf = new Map<number, Group>();
  const floating = new Floating();
  const reasons: string[] = [];
  const results = new Set(outputs);
  const inMemory = new Set(ops.flatMap(neededInMemory));
  const most = target.mostBuffers;

  const own = (op: Op, group: Group): void => {
    for (const root of madeBy(op)) groupOf.set(root, group);
  };
  const isClosed = (group: Group): boolean => group.isFull || !hasRoom(group, most - 1, floating);
  const takes = (group: Group, op: Op): boolean =>
    !group.isFull && hasRoom(group, most, floating, op) && group.add(op, floating.ops);
  /** As it stands, or with its axes in the order in which its operand is made. */
  const takesSomehow = (group: Group, op: Op): boolean =>
    takes(group, op) || [turned(op)].some((other) => other !== undefined && takes(group, other));

  for (const op of ops) {
    if (op.kind === 'literal') continue;
    const alone = groupOfOne(op, target);
    if (alone !== undefined) {
      own(op, groups.push(alone));
      continue;
    }
    const producer = floating.latestOf(op, groupOf);
    const light = isCheap(op, target) && floating.leavesOf(op).size < most - 1;
    const mayFloat = producer === undefined && light && !results.has(op.root) && !inMemory.has(op.root);
    if (mayFloat && floating.add(op)) continue;
    if (producer !== undefined && takesSomehow(producer, op)) {
      own(op, producer);
      continue;
    }
    const latest = producer?.id ?? -Infinity;
    // Copies of inputs to their places have one function as kernels of their own, and too many pointers as one.
    const isAlone = op.within !== undefined && producer === undefined;
    const beside = isAlone ? undefined : groups.beside(op, latest, (group) => takes(group, op), isClosed);
    if (beside !== undefined) {
      own(op, beside);
      continue;
    }
    const group = new Group('loop', op.shape, target);
    if (!group.add(op, floating.ops)) {
      // Operands that cannot be computed at the same points get memory of their own.
      for (const root of rootsOf(op)) ground(root);
      group.add(op, floating.ops);
    }
    // A single number is made as soon as it can be: what needs it then joins the kernels of its other operands.
    if (sizeOf(op.shape) === 1) groups.insert(group, floating.latestOf(op, groupOf));
    else groups.push(group);
    own(op, group);
    if (producer !== undefined) reasons.push(`${op.name} [${op.shape.join(', ')}]: ${whyNot(producer, op)}`);
  }

  /** Gives a floating op a kernel of its own, right behind those of its operands. */
  function ground(root: number): void {
    const op = floating.ops.get(root);
    if (op === undefined) return;
    floating.delete(root);
    for (const operand of rootsOf(op)) ground(operand);
    const group = new Group('loop', op.shape, target);
    group.add(op, floating.ops);
    groups.insert(group, floating.latestOf(op, groupOf));
    own(op, group);
  }

  const stored = (): Set<number> => {
    const found = new Set(results);
    for (const root of inMemory) if (root >= inputs) found.add(root);
    for (const group of groups.list)
      for (const { op } of group.members.values())
        for (const root of rootsOf(op))
          if (!group.members.has(root) && root >= inputs && groupOf.has(root)) found.add(root);
    return found;
  };
  sink(groups.list, groupOf, stored(), { ops, results, inMemory, inputs, target });
  return { groups: groups.list, stored: stored(), owners: groupOf, reasons };
}

/** The kernel of an op that joins no other one; undefined of one that may. */
function groupOfOne(op: Op, target: Target): Group | undefined {
  if (op.kind === 'product') {
    const group = new Group('product', op.shape.slice(0, -1), target);
    const varies = group.space.map((extent) => extent !== 1);
    const axes = op.shape.map((extent, axis) => (extent === 1 || axis === op.shape.length - 1 ? -1 : axis));
    group.members.set(op.root, { op, axes, strides: op.strides.slice(0, -1), varies, late: false });
    return group;
  }
  if (op.kind !== 'whole' && op.kind !== 'assemble') return undefined;
  const group = new Group('single', op.shape, target);
  group.members.set(op.root, { op, axes: [], strides: op.strides, varies: [], late: false });
  return group;
}

/** The values that an op can read from memory only. */
function neededInMemory(op: Op): readonly number[] {
  if (op.kind === 'product' || op.kind === 'whole' || op.kind === 'assemble') return rootsOf(op);
  return op.kind === 'gather' ? [op.from] : [];
}

/** Whether the kernel of `group`, with `op`, reads and writes about `most` buffers or fewer. */
function hasRoom(group: Group, most: number, floating: Floating, op?: Op): boolean {
  if (most === Infinity) return true;
  const roots = new Set<number>();
  const count = (member: Op): void => {
    for (const root of floating.leavesOf(member)) if (!group.members.has(root)) roots.add(root);
    roots.add(memoryOf(member));
  };
  for (const member of group.members.values()) count(member.op);
  if (op !== undefined) count(op);
  return roots.size <= most;
}

function whyNot(producer: Group, op: Op): string {
  if (producer.kind === 'single') return 'its operand is made by a kernel that nothing joins';
  if (producer.isFull) return `the kernel of its operand has ${mostMembers} statements already`;
  if (producer.kind === 'product')
    return op.kind === 'reduce'
      ? 'a product takes no sums'
      : 'its operand is read at other points than it is made at';
  return op.kind === 'reduce'
    ? 'it sums along other axes than the kernel of its operand'
    : 'its operand is read at other points, or is known only when that kernel is done';
}
