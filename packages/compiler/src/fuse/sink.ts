import { type MapOp, type Op, rootsOf } from '../lower/op.ts';
import type { Target } from '../target.ts';
import { type Group, isCheap, mostMembers } from './group.ts';

interface Around {
  readonly ops: readonly Op[];
  readonly results: ReadonlySet<number>;
  readonly inMemory: ReadonlySet<number>;
  readonly inputs: number;
  readonly target: Target;
}

/** How many ops may be computed again to save a buffer. */
const mostAgain = 6;

/**
 * A value that is stored for other kernels alone is computed again there, where that is cheap and its operands lie in memory: x (1 - x) needs no buffer
 * beside that of x.
 */
export function sink(
  groups: readonly Group[],
  groupOf: Map<number, Group>,
  stored: Set<number>,
  { ops, results, inMemory, inputs, target }: Around,
): void {
  const pinned = new Set<number>();
  const users = usersOf(ops);
  const holders = new Holders(groups);
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
    const cone = coneOf(root, group, stored, { inputs, target });
    if (cone === undefined) continue;
    const readers = [...holders.of(users.get(root) ?? [])].filter(
      ([other]) => other !== group && !other.members.has(root),
    );
    const again = new Map<number, Op>(cone.ops.map((one) => [one.root, one]));
    // A reader that has `root` as a load is laid out anew with the cone as floating ops.
    const additions = readers.map(([reader, reading]) => sunkInto(reader, reading, root, again));
    if (additions.some((found) => found === undefined)) continue;
    readers.forEach(([reader], i) => {
      const rest = [...reader.members];
      reader.members.clear();
      for (const member of additions[i] ?? []) {
        reader.members.set(member.op.root, member);
        holders.note(member.op.root, reader);
      }
      for (const [key, member] of rest) reader.members.set(key, member);
    });
    for (const boundary of cone.boundary) pinned.add(boundary);
    stored.delete(root);
    prune(group, root, users, results, stored);
  }
}

function usersOf(ops: readonly Op[]): Map<number, Op[]> {
  const users = new Map<number, Op[]>();
  for (const op of ops)
    for (const root of rootsOf(op)) {
      const known = users.get(root);
      if (known === undefined) users.set(root, [op]);
      else if (known.at(-1) !== op) known.push(op);
    }
  return users;
}

/** The groups that compute each value. */
class Holders {
  readonly #groups = new Map<number, Set<Group>>();

  constructor(groups: readonly Group[]) {
    for (const group of groups) for (const root of group.members.keys()) this.note(root, group);
  }

  note(root: number, group: Group): void {
    const known = this.#groups.get(root);
    if (known === undefined) this.#groups.set(root, new Set([group]));
    else known.add(group);
  }

  /** The groups that compute some of `ops`, with which. */
  of(ops: readonly Op[]): Map<Group, Op[]> {
    const found = new Map<Group, Op[]>();
    for (const op of ops)
      for (const group of this.#groups.get(op.root) ?? []) {
        if (!group.members.has(op.root)) continue;
        const known = found.get(group);
        if (known === undefined) found.set(group, [op]);
        else known.push(op);
      }
    return found;
  }
}

interface Cone {
  readonly ops: readonly MapOp[];
  readonly boundary: ReadonlySet<number>;
}

/** The cheap ops that make `root` of what lies in memory, few enough to be done again. */
function coneOf(
  root: number,
  group: Group,
  stored: ReadonlySet<number>,
  { inputs, target }: Pick<Around, 'inputs' | 'target'>,
): Cone | undefined {
  const ops = new Map<number, MapOp>();
  const boundary = new Set<number>();
  const search = (at: number): boolean => {
    if (ops.has(at)) return true;
    if (at !== root && (at < inputs || stored.has(at) || !group.members.has(at))) {
      boundary.add(at);
      return true;
    }
    const op = group.members.get(at)?.op;
    if (op === undefined || !isCheap(op, target) || ops.size >= mostAgain) return false;
    ops.set(at, op);
    return rootsOf(op).every(search);
  };
  if (!search(root) || boundary.size > 2) return undefined;
  return { ops: [...ops.values()].sort((a, b) => a.root - b.root), boundary };
}

/** The members that make `root` in `reader`, at the points at which `reading` read it; undefined where that cannot be. */
function sunkInto(reader: Group, reading: readonly Op[], root: number, again: ReadonlyMap<number, Op>) {
  const op = again.get(root);
  if (op === undefined || reader.kind === 'single') return undefined;
  let members: ReturnType<Group['place']> = [];
  for (const { root: at } of reading) {
    const member = reader.members.get(at);
    if (member === undefined) continue;
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
      members = reader.place(op, again, { wanted, pending: members ?? [] });
      if (members === undefined) return undefined;
    }
  }
  return reader.members.size + members.length > mostMembers ? undefined : members;
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
