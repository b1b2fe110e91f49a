import { type Op, rootsOf } from '../lower/op.ts';
import type { Group } from './group.ts';

/** Ops that are computed again wherever a value is read, at most. */
const mostOps = 64;

/** Ops made of inputs alone, cheap enough to be computed again in each kernel that reads them. */
export class Floating {
  readonly ops = new Map<number, Op>();

  /** Keeps `op` and tells whether it could: few enough ops are computed again with it. */
  add(op: Op): boolean {
    if (this.#walk(op).again.size >= mostOps) return false;
    this.ops.set(op.root, op);
    return true;
  }

  /** Takes one out, which has memory of its own from now on. */
  delete(root: number): void {
    this.ops.delete(root);
  }

  /** The values that an op, and the floating ones that it is made of, read from memory or from a kernel. */
  leavesOf(op: Op): ReadonlySet<number> {
    return this.#walk(op).leaves;
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

  /** The values that `op` reads: floating ones, and others. */
  #walk(op: Op): { readonly again: ReadonlySet<number>; readonly leaves: ReadonlySet<number> } {
    const [again, leaves] = [new Set<number>(), new Set<number>()];
    const visit = (at: Op): void => {
      for (const root of rootsOf(at)) {
        const floats = this.ops.get(root);
        if (floats === undefined) leaves.add(root);
        else if (!again.has(root)) {
          again.add(root);
          visit(floats);
        }
      }
    };
    visit(op);
    return { again, leaves };
  }
}
