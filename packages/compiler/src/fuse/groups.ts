import type { Op } from '../lower/op.ts';
import type { Group } from './group.ts';

/** How many kernels over the same space an op asks for room beside what they have, at most. */
const mostTries = 16;

/** The kernels to be, in an order in which each comes behind those that it reads from. */
export class Groups {
  readonly list: Group[] = [];
  /** Loops over the same space, in order, that have room. */
  readonly #loops = new Map<string, Group[]>();

  /** A group at the end. */
  push(group: Group): Group {
    group.id = (this.list.at(-1)?.id ?? -1) + 1;
    this.list.push(group);
    this.#note(group);
    return group;
  }

  /** `group` right behind another one, or before all. */
  insert(group: Group, behind: Group | undefined): void {
    const place = behind === undefined ? 0 : after(this.list, behind.id);
    const [before, next] = [this.list[place - 1]?.id, this.list[place]?.id];
    group.id =
      next === undefined ? (before ?? -1) + 1 : before === undefined ? next - 1 : (before + next) / 2;
    this.list.splice(place, 0, group);
    // Halves of halves come to an end.
    if (group.id === before || group.id === next) for (const [id, each] of this.list.entries()) each.id = id;
    this.#note(group);
  }

  /** The first loop behind `latest` over the space of `op` that takes it; those that will never take anything are asked no more. */
  beside(
    op: Op,
    latest: number,
    takes: (group: Group) => boolean,
    isClosed: (group: Group) => boolean,
  ): Group | undefined {
    const loops = this.#loops.get(op.shape.join());
    if (loops === undefined) return undefined;
    const from = after(loops, latest);
    for (let place = from, tries = 0; place < loops.length && tries < mostTries; tries++) {
      const group = loops[place];
      if (group === undefined || isClosed(group)) loops.splice(place, 1);
      else if (takes(group)) return group;
      else place++;
    }
    return undefined;
  }

  #note(group: Group): void {
    if (group.kind !== 'loop') return;
    const key = group.space.join();
    const loops = this.#loops.get(key);
    if (loops === undefined) this.#loops.set(key, [group]);
    else loops.splice(after(loops, group.id), 0, group);
  }
}

/** The place of the first whose id is greater. */
function after(groups: readonly Group[], id: number): number {
  let [low, high] = [0, groups.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((groups[middle]?.id ?? 0) <= id) low = middle + 1;
    else high = middle;
  }
  return low;
}
