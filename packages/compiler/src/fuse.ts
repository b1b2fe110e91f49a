import { Group, isCheap } from './group.ts';
import type { Lowered } from './lower/lower.ts';
import { type MapOp, type Op, rootsOf } from './op.ts';

export interface FuseOptions {
  /** Whether elementwise ops join a product. */
  readonly epilogue?: boolean;
  /** How many buffers a kernel may read and write; as many as it likes when left out. */
  readonly mostBuffers?: number;
}

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
export function fuse({ ops, outputs, inputs }: Lowered, options: FuseOptions = {}): Fused {
  const groups: Group[] = [];
  const groupOf = new Map<number, Group>();
  const floating = new Map<number, Op>();
  const reasons: string[] = [];
  const users = usersOf(ops);
  const results = new Set(outputs);
  const inMemory = new Set(ops.flatMap(neededInMemory));
  const most = options.mostBuffers ?? Infinity;
  const isGiven = (root: number) => root < inputs || !groupOf.has(root);

  const begin = (kind: Group['kind'], op: Op): Group => {
    const group = new Group(groups.length, kind, kind === 'product' ? op.shape.slice(0, -1) : op.shape);
    groups.push(group);
    return group;
  };
  const own = (op: Op, group: Group): void => {
    const made = op.kind === 'whole' ? op.instruction.outputs.map((_, k) => op.root + k) : [op.root];
    for (const root of made) groupOf.set(root, group);
  };

  for (const op of ops) {
    if (op.kind === 'literal') continue;
    if (op.kind === 'product') {
      const group = begin('product', op);
      const varies = group.space.map((extent) => extent !== 1);
      const axes = op.shape.map((extent, axis) => (extent === 1 || axis === op.shape.length - 1 ? -1 : axis));
      group.members.set(op.root, { op, axes, strides: op.strides.slice(0, -1), varies, late: false });
      own(op, group);
      continue;
    }
    if (op.kind === 'whole' || op.kind === 'assemble') {
      const group = begin('single', op);
      group.members.set(op.root, { op, axes: [], strides: op.strides, varies: [], late: false });
      own(op, group);
      continue;
    }
    const produced = rootsOf(op).flatMap((root) => latestOf(root, floating, groupOf));
    const latest = produced.reduce((most, { id }) => Math.max(most, id), -1);
    const light = isCheap(op) && leavesOf(op, floating).size < most - 1;
    if (latest < 0 && light && !results.has(op.root) && !inMemory.has(op.root)) {
      floating.set(op.root, op);
      continue;
    }
    const producer = groups[latest];
    const roomy = (group: Group) => buffersOf(group, op, floating) <= most;
    if (producer !== undefined && roomy(producer) && producer.add(op, floating, options)) {
      own(op, producer);
      continue;
    }
    const beside = groups.find(
      (group) =>
        group.id > latest &&
        group.kind === 'loop' &&
        group.space.length === op.shape.length &&
        group.space.every((extent, i) => extent === op.shape[i]) &&
        roomy(group) &&
        group.add(op, floating, options),
    );
    if (beside !== undefined) {
      own(op, beside);
      continue;
    }
    const group = begin('loop', op);
    if (!group.add(op, floating, options)) {
      // Operands that cannot be computed at the same points get memory of their own.
      for (const root of rootsOf(op)) ground(root);
      group.add(op, floating, options);
    }
    own(op, group);
    if (producer !== undefined) reasons.push(`${op.name} [${op.shape.join(', ')}]: ${whyNot(producer, op)}`);
  }

  /** Gives a floating op a kernel of its own, right behind those of its operands. */
  function ground(root: number): void {
    const op = floating.get(root);
    if (op === undefined) return;
    floating.delete(root);
    for (const operand of rootsOf(op)) ground(operand);
    const group = new Group(-1, 'loop', op.shape);
    group.add(op, floating, options);
    const behind = rootsOf(op).reduce((most, operand) => Math.max(most, groupOf.get(operand)?.id ?? -1), -1);
    groups.splice(behind + 1, 0, group);
    own(op, group);
    // Ids are places in the list.
    for (const [id, each] of groups.entries()) each.id = id;
  }

  const stored = (): Set<number> => {
    const found = new Set(results);
    for (const root of inMemory) if (root >= inputs) found.add(root);
    for (const group of groups)
      for (const { op } of group.members.values())
        for (const root of rootsOf(op)) if (!group.members.has(root) && !isGiven(root)) found.add(root);
    return found;
  };
  sink(groups, groupOf, stored(), { results, inMemory, users, inputs, options });
  return { groups, stored: stored(), owners: groupOf, reasons };
}

/** The groups that a value waits for: its own, or those of what a floating one is made of. */
function latestOf(
  root: number,
  floating: ReadonlyMap<number, Op>,
  groupOf: ReadonlyMap<number, Group>,
): Group[] {
  const group = groupOf.get(root);
  if (group !== undefined) return [group];
  const op = floating.get(root);
  return op === undefined ? [] : rootsOf(op).flatMap((operand) => latestOf(operand, floating, groupOf));
}

function usersOf(ops: readonly Op[]): Map<number, Op[]> {
  const users = new Map<number, Op[]>();
  for (const op of ops) for (const root of rootsOf(op)) users.set(root, [...(users.get(root) ?? []), op]);
  return users;
}

/** The values that an op can read from memory only. */
function neededInMemory(op: Op): number[] {
  if (op.kind === 'product' || op.kind === 'whole' || op.kind === 'assemble') return rootsOf(op);
  return op.kind === 'gather' ? [op.from] : [];
}

/** The values that an op, and the floating ones that it is made of, read from memory or from a kernel. */
function leavesOf(op: Op, floating: ReadonlyMap<number, Op>, found = new Set<number>()): Set<number> {
  for (const root of rootsOf(op)) {
    const floats = floating.get(root);
    if (floats === undefined) found.add(root);
    else leavesOf(floats, floating, found);
  }
  return found;
}

/** Roughly how many buffers the kernel of `group` with `op` reads and writes. */
function buffersOf(group: Group, op: Op, floating: ReadonlyMap<number, Op>): number {
  const roots = new Set<number>();
  for (const member of [...group.members.values()].map((member) => member.op).concat(op)) {
    for (const root of leavesOf(member, floating)) if (!group.members.has(root)) roots.add(root);
    roots.add(member.root);
  }
  return roots.size;
}

function whyNot(producer: Group, op: Op): string {
  if (producer.kind === 'single') return 'its operand is made by a kernel that nothing joins';
  if (producer.kind === 'product')
    return op.kind === 'reduce'
      ? 'a product takes no sums'
      : 'its operand is read at other points than it is made at';
  return op.kind === 'reduce'
    ? 'it sums along other axes than the kernel of its operand'
    : 'its operand is read at other points, or is known only when that kernel is done';
}

interface Around {
  readonly results: ReadonlySet<number>;
  readonly inMemory: ReadonlySet<number>;
  readonly users: ReadonlyMap<number, readonly Op[]>;
  readonly inputs: number;
  readonly options: FuseOptions;
}

/** How many ops may be computed again to save a buffer. */
const mostAgain = 6;

/**
 * What is stored only for other kernels and is cheaply made of what lies in memory anyway is computed again there: x (1 - x) needs no buffer
 * beside that of x.
 */
function sink(
  groups: readonly Group[],
  groupOf: Map<number, Group>,
  stored: Set<number>,
  { results, inMemory, users, inputs, options }: Around,
): void {
  const pinned = new Set<number>();
  for (const root of [...stored].sort((a, b) => b - a)) {
    const group = groupOf.get(root);
    const op = group?.members.get(root)?.op;
    if (
      group === undefined ||
      op === undefined ||
      results.has(root) ||
      inMemory.has(root) ||
      pinned.has(root)
    )
      continue;
    const cone = coneOf(root, group, stored, inputs);
    if (cone === undefined) continue;
    const readers = groups.filter(
      (other) =>
        other !== group &&
        !other.members.has(root) &&
        [...other.members.values()].some((member) => rootsOf(member.op).includes(root)),
    );
    const again = new Map<number, Op>(cone.ops.map((one) => [one.root, one]));
    // A reader that has `root` as a load is laid out anew with the cone as floating ops.
    const additions = readers.map((reader) => sunkInto(reader, root, again, options));
    if (additions.some((found) => found === undefined)) continue;
    readers.forEach((reader, i) => {
      const rest = [...reader.members];
      reader.members.clear();
      for (const member of additions[i] ?? []) reader.members.set(member.op.root, member);
      for (const [key, member] of rest) reader.members.set(key, member);
    });
    for (const boundary of cone.boundary) pinned.add(boundary);
    stored.delete(root);
    prune(group, root, users, results, stored);
  }
}

interface Cone {
  readonly ops: readonly MapOp[];
  readonly boundary: ReadonlySet<number>;
}

/** The cheap ops that make `root` of what lies in memory, few enough to be done again. */
function coneOf(root: number, group: Group, stored: ReadonlySet<number>, inputs: number): Cone | undefined {
  const ops = new Map<number, MapOp>();
  const boundary = new Set<number>();
  const search = (at: number): boolean => {
    if (ops.has(at)) return true;
    if (at !== root && (at < inputs || stored.has(at) || !group.members.has(at))) {
      boundary.add(at);
      return true;
    }
    const op = group.members.get(at)?.op;
    if (op === undefined || !isCheap(op) || ops.size >= mostAgain) return false;
    ops.set(at, op);
    return rootsOf(op).every(search);
  };
  if (!search(root) || boundary.size > 2) return undefined;
  return { ops: [...ops.values()].sort((a, b) => a.root - b.root), boundary };
}

/** The members that make `root` in `reader`, at the points at which it is read; undefined where that cannot be. */
function sunkInto(reader: Group, root: number, again: ReadonlyMap<number, Op>, options: FuseOptions) {
  const op = again.get(root);
  if (op === undefined || reader.kind === 'single') return undefined;
  let members: ReturnType<Group['place']> = [];
  for (const member of reader.members.values())
    for (const operand of member.op.operands) {
      if (operand.kind !== 'root' || operand.root !== root) continue;
      if (member.op.kind === 'product' || member.late) return undefined;
      const strides = reader.space.map(() => 0);
      member.axes.forEach((axis, i) => {
        if (axis >= 0) strides[axis] = operand.view.strides[i] ?? 0;
      });
      const wanted = { offset: operand.view.offset, strides };
      const made = members?.find((one) => one.op.root === root);
      if (made !== undefined) {
        if (wanted.offset !== 0 || wanted.strides.some((s, i) => s !== made.strides[i])) return undefined;
        continue;
      }
      members = reader.place(op, again, options, { wanted, pending: members ?? [] });
      if (members === undefined) return undefined;
    }
  return members;
}

/** Takes out what nobody reads any more. */
function prune(
  group: Group,
  root: number,
  users: ReadonlyMap<number, readonly Op[]>,
  results: ReadonlySet<number>,
  stored: ReadonlySet<number>,
): void {
  const member = group.members.get(root);
  if (member === undefined || results.has(root) || stored.has(root)) return;
  if ((users.get(root) ?? []).some((user) => group.members.has(user.root))) return;
  group.members.delete(root);
  for (const operand of rootsOf(member.op)) prune(group, operand, users, results, stored);
}
