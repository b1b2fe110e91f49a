import type { Group } from './group.ts';
import { type Op, rootsOf } from './op.ts';

/** Ops that an op may be made of and still be computed again wherever it is read, counted as often as they are read. */
const mostOps = 64;

/** Ops made of inputs alone, cheap enough to be computed again in each kernel that reads them. */
export class Floating {
  readonly ops = new Map<number, Op>();
  readonly #sizes = new Map<number, number>();

  /** Keeps `op` and tells whether it could: it is made of few enough ops. */
  add(op: Op): boolean {
    const size = rootsOf(op).reduce((sum, root) => sum + (this.#sizes.get(root) ?? 0), 1);
    if (size > mostOps) return false;
    this.ops.set(op.root, op);
    this.#sizes.set(op.root, size);
    return true;
  }

  /** Takes one out, which has memory of its own from now on. */
  delete(root: number): void {
    this.ops.delete(root);
    this.#sizes.delete(root);
  }

  /** The values that an op, and the floating ones that it is made of, read from memory or from a kernel. */
  leavesOf(op: Op, found = new Set<number>()): Set<number> {
    for (const root of rootsOf(op)) {
      const floats = this.ops.get(root);
      if (floats === undefined) found.add(root);
      else this.leavesOf(floats, found);
    }
    return found;
  }

  /** The last of the groups that an op waits for. */
  latestOf(op: Op, groupOf: ReadonlyMap<number, Group>): Group | undefined {
    let latest: Group | undefined;
    for (const root of this.leavesOf(op)) {
      const group = groupOf.get(root);
      if (group !== undefined && group.id > (latest?.id ?? -Infinity)) latest = group;
    }
    return latest;
  }
}
