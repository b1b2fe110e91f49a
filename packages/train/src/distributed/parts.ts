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

/** Elements that came as bytes, wherever those begin. */
export function floatsOf(bytes: Uint8Array, like: Floats): Floats {
  const copy = bytes.slice();
  return like instanceof Float32Array ? new Float32Array(copy.buffer) : new Float64Array(copy.buffer);
}

/**
 * The sums of all parts in the order of the parts, ((p_0 + p_1) + p_2) + ..., with the same bits however they lie on the ranks. Each rank adds up
 * its share of the elements, and gives the sums to all.
 * @param mine the numbers of this rank's parts; at least one of them, or what has their length.
 * @param like an array of the length and dtype of a part.
 */
export async function sumInOrder(reducer: Reducer, mine: readonly Floats[], like: Floats): Promise<Floats> {
  const { size, rank } = reducer;
  const sectionOf = (of: Floats, r: number) =>
    of.subarray(startOf(r, size, of.length), startOf(r + 1, size, of.length));
  const own = sectionOf(like, rank).length * like.BYTES_PER_ELEMENT;
  const outgoing = Array.from({ length: size }, (_, r) => joined(mine.map((part) => sectionOf(part, r))));
  const sum = like.slice(0, sectionOf(like, rank).length);
  let first = true;
  for (const bytes of await reducer.exchange(outgoing))
    for (let at = 0; own > 0 && at < bytes.length; at += own) {
      const part = floatsOf(bytes.subarray(at, at + own), like);
      if (first) sum.set(part);
      else addTo(sum, part);
      first = false;
    }
  const section = bytesOfArray(sum);
  const all = await reducer.exchange(Array.from({ length: size }, () => section));
  const result = like.slice();
  let at = 0;
  for (const bytes of all) {
    const part = floatsOf(bytes, like);
    result.set(part, at);
    at += part.length;
  }
  return result;
}

function addTo(sum: Floats, part: Floats): void {
  for (let i = 0; i < sum.length; i++) sum[i] = (sum[i] ?? 0) + (part[i] ?? 0);
}

function joined(arrays: readonly Floats[]): Uint8Array {
  const bytes = new Uint8Array(arrays.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const array of arrays) {
    bytes.set(bytesOfArray(array), at);
    at += array.byteLength;
  }
  return bytes;
}
