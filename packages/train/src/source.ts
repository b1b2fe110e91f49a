import { DataError, type Layout, RandomStream } from '@pullback/core';
import { checkBatchSize, pickSamples, type Samples } from './data.ts';
import type { Batch } from './model-options.ts';

/** Where the batches of an epoch come from. */
export interface Source {
  /** Samples of an epoch, where that is known before. */
  readonly count: number | undefined;
  /** The batches of an epoch, without its first `done`. */
  batches(epoch: number, done: number): Iterable<Samples> | AsyncIterable<Samples>;
}

export interface MemoryOptions {
  readonly batchSize: number;
  /** The seed of the order, or undefined for the order that the samples have. */
  readonly shuffleSeed: number | undefined;
  readonly layout: Layout;
}

/** Batches of samples in memory, in an order that depends on seed and epoch alone; the last as large as it comes. */
export function memorySource(all: Samples, { batchSize, shuffleSeed, layout }: MemoryOptions): Source {
  checkBatchSize(batchSize, all.count);
  return {
    count: all.count,
    *batches(epoch, done) {
      const order =
        shuffleSeed === undefined
          ? Int32Array.from({ length: all.count }, (_, i) => i)
          : RandomStream.of(shuffleSeed, `epoch/${epoch}`).permutation(all.count);
      for (let from = done * batchSize; from < all.count; from += batchSize)
        yield pickSamples(all, order.subarray(from, from + batchSize), layout);
    },
  };
}

/** Batches as they come, synchronously or not; gone through once an epoch. */
export type BatchStream = Iterable<Batch> | AsyncIterable<Batch>;

/**
 * Batches of a stream, each checked as it comes.
 * @throws DataError when an epoch has none: a generator, for one, can be gone through only once.
 */
export function streamSource(stream: BatchStream, read: (batch: Batch) => Samples): Source {
  return {
    count: undefined,
    async *batches(epoch, done) {
      let place = 0;
      for await (const batch of stream) if (place++ >= done) yield read(batch);
      if (place === 0)
        throw new DataError({
          got: `no batches in epoch ${epoch + 1}`,
          expected: 'at least one',
          hint: 'A generator can be gone through once: give an object whose [Symbol.asyncIterator] starts again.',
        });
    },
  };
}

/** Whether data are a stream of batches, and not arrays of numbers. */
export function isStream(x: unknown): x is BatchStream {
  if (typeof x !== 'object' || x === null || Array.isArray(x) || ArrayBuffer.isView(x)) return false;
  return Symbol.iterator in x || Symbol.asyncIterator in x;
}
