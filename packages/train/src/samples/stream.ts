import { DataError, type TensorLike, within } from '@pullback/core';
import type { Inputs, Targets } from '../definition/named-inputs.ts';
import type { Batch } from './batch.ts';
import type { Samples } from './samples.ts';
import type { Source } from './sources.ts';

/** A batch as streams may bring it. */
export type StreamedBatch =
  | Batch
  | readonly [x: Inputs, y: Targets, sampleWeights?: TensorLike]
  | (Omit<Batch, 'x' | 'y'> & { readonly xs: Inputs; readonly ys: Targets });

/** Batches as they come, synchronously or not; gone through once an epoch. */
export type BatchStream = Iterable<StreamedBatch> | AsyncIterable<StreamedBatch>;

export interface StreamOptions {
  /** Samples of a batch, checked. */
  read(batch: Batch): Samples;
  step(samples: Samples): Promise<void>;
  /** Heard also while the stream is waited for: its iterator is then told to end, and not waited for. */
  readonly signal: AbortSignal | undefined;
}

/**
 * A step on each batch of a stream, which is checked as it comes.
 * @throws DataError when an epoch has none: a generator, for one, can be gone through only once.
 */
export function streamSource(stream: BatchStream, { read, step, signal }: StreamOptions): Source {
  return {
    count: undefined,
    async *epoch(number, done) {
      const iterator = iteratorOf(stream);
      let place = 0;
      let over = false;
      try {
        for (;;) {
          const next = await unlessAborted(signal, iterator.next());
          over = next.done === true;
          if (next.done === true) break;
          const batch = await unlessAborted(signal, next.value);
          if (place++ < done) continue;
          const samples = within(`epoch ${number + 1}/batch ${place - 1}`, () => read(batchOf(batch)));
          yield { steps: 1, size: samples.count, run: () => step(samples).then(() => 1) };
        }
      } finally {
        if (!over) await ended(iterator, signal);
      }
      if (place === 0)
        throw new DataError({
          got: `no batches in epoch ${number + 1}`,
          expected: 'at least one',
          hint: 'A generator can be gone through once: give an object whose [Symbol.asyncIterator] starts again.',
        });
    },
    close: () => {},
  };
}

function iteratorOf(stream: BatchStream): Iterator<StreamedBatch> | AsyncIterator<StreamedBatch> {
  return Symbol.asyncIterator in stream ? stream[Symbol.asyncIterator]() : stream[Symbol.iterator]();
}

/** The result of `work`, or a rejection with the signal's reason as soon as it is aborted. */
async function unlessAborted<T>(
  signal: AbortSignal | undefined,
  work: T | PromiseLike<T>,
): Promise<Awaited<T>> {
  if (signal === undefined) return await work;
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([aborted, work]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Tells an iterator that nothing more is wanted, as leaving a `for await` does. */
async function ended(
  iterator: ReturnType<typeof iteratorOf>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const told = iterator.return?.();
  // A generator that waits for something hears of it only afterwards, if ever.
  if (signal?.aborted === true) Promise.resolve(told).catch(() => {});
  else await told;
}

/** A batch in one of the forms that streams bring. */
export function batchOf(given: StreamedBatch): Batch {
  if (isTuple(given)) {
    const [x, y, sampleWeights] = given;
    if (given.length < 2 || given.length > 3)
      throw new DataError({
        got: `an array of ${given.length}`,
        expected: '[xs, ys] or [xs, ys, sampleWeights]',
      });
    return { x, y, ...(sampleWeights !== undefined && { sampleWeights }) };
  }
  if (typeof given !== 'object' || given === null || !('xs' in given && 'ys' in given)) return given;
  const { xs: x, ys: y, ...others } = given;
  return { x, y, ...others };
}

function isTuple(given: StreamedBatch): given is readonly [Inputs, Targets, TensorLike?] {
  return Array.isArray(given);
}

/** Whether data are a stream of batches, and not arrays of numbers; an array is one where it holds objects of inputs and targets. */
export function isStream(x: unknown): x is BatchStream {
  if (typeof x !== 'object' || x === null || ArrayBuffer.isView(x)) return false;
  if (Array.isArray(x)) return isBatch(x[0]);
  return Symbol.iterator in x || Symbol.asyncIterator in x;
}

/** Whether it says that it is inputs and targets. */
export function isBatch(given: unknown): boolean {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return false;
  return ('x' in given && 'y' in given) || ('xs' in given && 'ys' in given);
}
