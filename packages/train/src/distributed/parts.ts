import type { Reducer } from '@pullback/core';

/** The first of `count` things that belong to the p-th of `parts` equal shares; p = parts gives `count`. */
export function startOf(p: number, parts: number, count: number): number {
  return Math.floor((p * count) / parts);
}

/** A part of a batch: `size` samples from `from` on. */
export interface Part {
  readonly from: number;
  readonly size: number;
}

/** The parts of a batch of `count` samples that a rank computes, in their order; those without samples are left out. */
export function partsOf({ size, parts = size }: Reducer, rank: number, count: number): readonly Part[] {
  const first = startOf(rank, size, parts);
  return Array.from({ length: startOf(rank + 1, size, parts) - first }, (_, i) => {
    const from = startOf(first + i, parts, count);
    return { from, size: startOf(first + i + 1, parts, count) - from };
  }).filter((part) => part.size > 0);
}

type Floats = Float32Array | Float64Array;

export function bytesOfArray({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Elements that came as bytes; a copy only where they begin between two elements. */
export function floatsOf(bytes: Uint8Array, like: Floats): Floats {
  const { buffer, byteOffset, byteLength } =
    bytes.byteOffset % like.BYTES_PER_ELEMENT === 0 ? bytes : bytes.slice();
  const length = byteLength / like.BYTES_PER_ELEMENT;
  return like instanceof Float32Array
    ? new Float32Array(buffer, byteOffset, length)
    : new Float64Array(buffer, byteOffset, length);
}
