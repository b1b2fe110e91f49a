import type { Buffer } from '@pullback/core';
import { endOf } from './bindings.ts';
import type { Region } from './values.ts';

/** Bytes from `start` to below `end`: who wrote them last, and who has read them since. */
interface Segment {
  readonly start: number;
  readonly end: number;
  readonly writer: number | undefined;
  readonly readers: number[];
}

/** Who reads and writes which parts of memory, told in order: each waits for those that touched the same bytes last. */
export class Accesses {
  readonly #segments = new Map<Buffer | undefined, Segment[]>();

  /** Notes what `node` reads. @returns the last writers. */
  read(node: number, region: Region): number[] {
    const waits: number[] = [];
    this.#replace(region, (part) => {
      if (part.writer !== undefined) waits.push(part.writer);
      part.readers.push(node);
      return part;
    });
    return waits;
  }

  /** Notes what `node` writes. @returns the last writers, and those who have read since. */
  write(node: number, region: Region): number[] {
    const waits: number[] = [];
    this.#replace(region, ({ start, end, writer, readers }) => {
      if (writer !== undefined) waits.push(writer);
      for (const reader of readers) waits.push(reader);
      return { start, end, writer: node, readers: [] };
    });
    return waits;
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
      if (to > at) made.push(change({ start: at, end: to, writer: undefined, readers: [] }));
    };
    for (; last < segments.length; last++) {
      const segment = segments[last];
      if (segment === undefined || segment.start >= end) break;
      fresh(segment.start);
      if (segment.start < start) made.push({ ...segment, end: start, readers: [...segment.readers] });
      const inside = segment.start >= start && segment.end <= end;
      const [from, to] = [Math.max(start, segment.start), Math.min(end, segment.end)];
      made.push(
        change(inside ? segment : { ...segment, start: from, end: to, readers: [...segment.readers] }),
      );
      if (segment.end > end) made.push({ ...segment, start: end });
      at = to;
    }
    fresh(end);
    segments.splice(first, last - first, ...made);
  }
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
