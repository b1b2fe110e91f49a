import { bytesOf, type DType, sizeOf, type TensorSpec } from '@pullback/core';
import type { Kernel } from '../kernels/kernel.ts';
import { readBy, writtenBy } from '../kernels/kernel.ts';

/** Blocks begin at multiples of this many bytes, and as many are free behind each: a vector may be read past the end. */
export const alignment = 64;

export interface Arena {
  /** The offset of each value. */
  readonly offsets: ReadonlyMap<number, number>;
  readonly bytes: number;
  /** The bytes that it would take without sharing. */
  readonly unshared: number;
}

export interface MemoryOptions {
  /** Blocks begin at multiples of this many bytes, and at least as many are free behind each; 64 when left out. */
  readonly alignment?: number;
  /** Bytes of an element of a value, where a backend keeps some wider or narrower than the host does. */
  readonly bytesOf?: (dtype: DType, value: number) => number;
}

/**
 * The values of `specs` in one block of memory: those whose lives do not overlap share it. First fit, in order of birth. Values that
 * are `given` lie there before the first kernel and after the last; those that are `kept` are read when all are done.
 */
export function planArena(
  kernels: readonly Kernel[],
  specs: ReadonlyMap<number, TensorSpec>,
  { kept, given }: { readonly kept: ReadonlySet<number>; readonly given: ReadonlySet<number> },
  { alignment: step = alignment, bytesOf: width = bytesOf }: MemoryOptions = {},
): Arena {
  const lives = new Map([...given].map((root) => [root, { from: 0, to: kernels.length }]));
  kernels.forEach((kernel, time) => {
    for (const root of [...writtenBy(kernel), ...readBy(kernel)]) {
      if (!specs.has(root)) continue;
      const life = lives.get(root);
      if (life === undefined) lives.set(root, { from: time, to: kept.has(root) ? kernels.length : time });
      else life.to = Math.max(life.to, time);
    }
  });
  const offsets = new Map<number, number>();
  const space = new Space();
  const ending: { readonly start: number; readonly size: number }[][] = kernels.map(() => []);
  let [time, unshared] = [0, 0];
  for (const [root, { from, to }] of lives) {
    for (; time < from; time++) for (const { start, size } of ending[time] ?? []) space.give(start, size);
    const { shape, dtype } = specs.get(root) ?? { shape: [], dtype: 'float32' };
    const size = Math.ceil((sizeOf(shape) * width(dtype, root) + step) / step) * step;
    const start = space.take(size);
    ending[to]?.push({ start, size });
    offsets.set(root, start);
    unshared += size;
  }
  const { bytes } = space;
  return { offsets, bytes, unshared };
}

/** A block of memory that grows: where there is room in it. */
class Space {
  /** How far it was ever used. */
  bytes = 0;
  /** The free blocks below, in order of their starts; neighbours are one. */
  readonly #free: { start: number; size: number }[] = [];

  /** The first place with room for `size` bytes. */
  take(size: number): number {
    const place = this.#free.findIndex((free) => free.size >= size);
    const found = this.#free[place];
    if (found !== undefined) {
      const { start } = found;
      found.start += size;
      found.size -= size;
      if (found.size === 0) this.#free.splice(place, 1);
      return start;
    }
    const last = this.#free.at(-1);
    const start = last !== undefined && last.start + last.size === this.bytes ? last.start : this.bytes;
    if (start < this.bytes) this.#free.pop();
    this.bytes = start + size;
    return start;
  }

  give(start: number, size: number): void {
    let [low, high] = [0, this.#free.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#free[middle]?.start ?? 0) < start) low = middle + 1;
      else high = middle;
    }
    const [before, next] = [this.#free[low - 1], this.#free[low]];
    const joinsBefore = before !== undefined && before.start + before.size === start;
    const joinsNext = next !== undefined && start + size === next.start;
    if (joinsBefore) {
      before.size += size + (joinsNext ? next.size : 0);
      if (joinsNext) this.#free.splice(low, 1);
    } else if (joinsNext) {
      next.start = start;
      next.size += size;
    } else this.#free.splice(low, 0, { start, size });
  }
}
