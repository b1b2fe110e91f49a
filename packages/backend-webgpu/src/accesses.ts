import type { Buffer } from '@pullback/core';
import { endOf } from './bindings.ts';
import type { Region } from './values.ts';

/** Bytes from `start` to below `end`: who wrote them last, and who has read them since. */
interface Segment {
  readonly start: number;
  readonly end: number;
  /** Several where each writes other elements of one value. */
  readonly writers: number[];
  readonly value: number | undefined;
  readonly readers: number[];
  /** Those that touched it before the first of the writers: each of them waits for all of these. */
  readonly before: readonly number[];
}

/** Who reads and writes which parts of memory, told in order: each waits for those that touched the same bytes last. */
export class Accesses {
  readonly #segments = new Map<Buffer | undefined, Segment[]>();

  /** Notes what `node` reads. @returns the last writers. */
  read(node: number, region: Region): number[] {
    const waits: number[] = [];
    this.#replace(region, (part) => {
      waits.push(...part.writers);
      part.readers.push(node);
      return part;
    });
    return waits;
  }

  /**
   * Notes what `node` writes.
   * @param value where the region is one that several write, each other elements of it.
   * @returns the last writers and those who have read since; for a further part of a value those that its first part waited for.
   */
  write(node: number, region: Region, value?: number): number[] {
    const waits = new Set<number>();
    this.#replace(region, (part) => {
      const { start, end, writers, readers } = part;
      if (value !== undefined && value === part.value && readers.length === 0) {
        writers.push(node);
        for (const earlier of part.before) waits.add(earlier);
        return part;
      }
      const before = [...writers, ...readers];
      for (const earlier of before) waits.add(earlier);
      return { start, end, writers: [node], value, readers: [], before };
    });
    return [...waits];
  }

  /** Changes all segments of a region, which are cut at its ends, and made where nobody touched it. */
  #replace(region: Region, change: (part: Segment) => Segment): void {
    const [start, end] = [region.offset, endOf(region)];
    const segments = this.#segments.get(region.buffer) ?? [];
    this.#segments.set(region.buffer, segments);
    const first = firstBehind(segments, start);
    const made: Segment[] = [];
    let [at, last] = [start, first];
    const fresh = (to: number): void => {
      if (to > at)
        made.push(change({ start: at, end: to, writers: [], value: undefined, readers: [], before: [] }));
    };
    for (; last < segments.length; last++) {
      const segment = segments[last];
      if (segment === undefined || segment.start >= end) break;
      fresh(segment.start);
      if (segment.start < start) made.push({ ...copyOf(segment), end: start });
      const inside = segment.start >= start && segment.end <= end;
      const [from, to] = [Math.max(start, segment.start), Math.min(end, segment.end)];
      made.push(change(inside ? segment : { ...copyOf(segment), start: from, end: to }));
      if (segment.end > end) made.push({ ...segment, start: end });
      at = to;
    }
    fresh(end);
    segments.splice(first, last - first, ...made);
  }
}

function copyOf(segment: Segment): Segment {
  return { ...segment, writers: [...segment.writers], readers: [...segment.readers] };
}

/** The place of the first segment that ends behind a byte. */
function firstBehind(segments: readonly Segment[], byte: number): number {
  let [low, high] = [0, segments.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((segments[middle]?.end ?? 0) <= byte) low = middle + 1;
    else high = middle;
  }
  return low;
}
