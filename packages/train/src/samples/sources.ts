import { RandomStream } from '@pullback/core';
import type { IndexedSteps } from '../stepping/indexed-steps.ts';
import { checkBatchSize } from './samples.ts';

/** Steps that come one after the other, each on `size` samples. */
export interface Stretch {
  readonly steps: number;
  readonly size: number;
  /** Runs the next of them: at least one, at most `left`. @returns how many. */
  run(left: number): Promise<number>;
}

/** Where the steps of an epoch come from. */
export interface Source {
  /** Samples of an epoch, where that is known before. */
  readonly count: number | undefined;
  /** The steps of an epoch, without its first `done`. */
  epoch(number: number, done: number): Iterable<Stretch> | AsyncIterable<Stretch>;
  /** Gives back what it holds on a backend. */
  close(): void;
}

export interface MemoryOptions {
  readonly count: number;
  readonly batchSize: number;
  /** The seed of the order, or undefined for the order that the samples have. */
  readonly shuffleSeed: number | undefined;
}

/** Steps on samples in memory, in an order that depends on seed and epoch alone; the last on as many as are left. */
export function memorySource(steps: IndexedSteps, { count, batchSize, shuffleSeed }: MemoryOptions): Source {
  checkBatchSize(batchSize, count);
  return {
    count,
    epoch(number, done) {
      const order =
        shuffleSeed === undefined
          ? undefined
          : RandomStream.of(shuffleSeed, `epoch/${number}`).permutation(count);
      return stretches(steps, { count, batchSize, done, order });
    },
    close: () => steps.close(),
  };
}

interface Batches {
  readonly count: number;
  readonly batchSize: number;
  readonly done?: number;
  readonly order?: Int32Array | undefined;
}

/** All batches of one size, and the last one that is smaller. */
export function stretches(
  indexed: IndexedSteps,
  { count, batchSize, done = 0, order }: Batches,
): readonly Stretch[] {
  const full = Math.floor(count / batchSize);
  const stretch = (first: number, steps: number, size: number): Stretch => {
    let from = first;
    return {
      steps,
      size,
      run: async (left) => {
        const ran = await indexed.run({ from, size, order }, left);
        from += ran * size;
        return ran;
      },
    };
  };
  const rest = count % batchSize;
  return [
    ...(done < full ? [stretch(done * batchSize, full - done, batchSize)] : []),
    ...(done <= full && rest > 0 ? [stretch(full * batchSize, 1, rest)] : []),
  ];
}
