import { bytesOf, type DType, sizeOf, type TensorSpec } from '@pullback/core';
import type { Kernel } from './kernel.ts';
import { readBy, writtenBy } from './kernel.ts';

/** Where a value lies: in a buffer that is given, or in the arena that the kernels share. */
export type Location =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'output'; readonly index: number }
  | { readonly kind: 'arena'; readonly offset: number };

/** Blocks begin at multiples of this many bytes, and as many are free behind each: a vector may be read past the end. */
export const alignment = 64;

export interface Arena {
  /** The offset of each value. */
  readonly offsets: ReadonlyMap<number, number>;
  readonly bytes: number;
  /** What it would take without sharing. */
  readonly unshared: number;
}

export interface MemoryOptions {
  /** Blocks begin at multiples of this many bytes, and at least as many are free behind each; 64 when left out. */
  readonly alignment?: number;
  /** Bytes of an element of a value, where a backend keeps some wider or narrower than the host does. */
  readonly bytesOf?: (dtype: DType, value: number) => number;
}

/**
 * The values of `specs` in one block of memory: those whose lives do not overlap share it. First fit, in order of birth. What is
 * `given` lies there before the first kernel and after the last, what is `kept` is read when all are done.
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
  let live: { readonly start: number; readonly end: number; readonly to: number }[] = [];
  let [bytes, unshared] = [0, 0];
  for (const [root, { from, to }] of lives) {
    const { shape, dtype } = specs.get(root) ?? { shape: [], dtype: 'float32' };
    const size = Math.ceil((sizeOf(shape) * width(dtype, root) + step) / step) * step;
    live = live.filter((block) => block.to >= from).sort((a, b) => a.start - b.start);
    let start = 0;
    for (const block of live) {
      if (start + size <= block.start) break;
      start = Math.max(start, block.end);
    }
    live.push({ start, end: start + size, to });
    offsets.set(root, start);
    bytes = Math.max(bytes, start + size);
    unshared += size;
  }
  return { offsets, bytes, unshared };
}
