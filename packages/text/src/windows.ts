import { checkOptions, DataError, type FieldsOf, field, RandomStream, type Tensor } from '@pullback/core';

/** Sequences, and what comes one place later in each: [n, t] both. */
export interface SequenceBatch {
  readonly x: Tensor;
  readonly y: Tensor;
}

export interface WindowsOptions {
  /** How many places a window has. */
  readonly length: number;
  readonly batchSize: number;
  /** How many places there are from the start of one window to that of the next; `length` when left out. */
  readonly stride?: number;
  /** Whether each going through has an order of its own; true when left out. */
  readonly shuffle?: boolean;
  /** For the order; 0 when left out. */
  readonly seed?: number;
}

const positive = field.whole({ from: 1 });

export const windowsFields = {
  length: field.needed(positive),
  batchSize: field.needed(positive),
  stride: positive,
  shuffle: field.flag(),
  seed: field.whole(),
} satisfies FieldsOf<WindowsOptions>;

/**
 * Batches of windows over a text, for `fit`, which goes through them once an epoch. The target of a place is the token after it. Windows that
 * do not fill a batch are left for another epoch; without `shuffle` it is always the last ones.
 * @throws DataError for a text that is too short for one batch, OptionError for wrong options.
 */
export function windows(tokens: ArrayLike<number>, options: WindowsOptions): Iterable<SequenceBatch> {
  const {
    length,
    batchSize,
    stride = length,
    shuffle = true,
    seed = 0,
  } = checkOptions('windows', options, windowsFields);
  const all = Int32Array.from(tokens);
  const count = Math.floor((all.length - length - 1) / stride) + 1;
  if (all.length < length + 1 || count < batchSize)
    throw new DataError({
      got: all.length === 0 ? 'an empty text' : `a text of ${all.length} tokens`,
      expected: `at least ${(batchSize - 1) * stride + length + 1}: ${batchSize} windows of ${length}, and one token after them`,
    });
  const random = RandomStream.of(seed, 'windows');
  return {
    *[Symbol.iterator]() {
      const order = shuffle ? random.permutation(count) : Int32Array.from({ length: count }, (_, i) => i);
      for (let from = 0; from + batchSize <= count; from += batchSize) {
        const starts = Array.from(order.subarray(from, from + batchSize), (window) => window * stride);
        const cut = (shift: number): Tensor => {
          const data = new Int32Array(batchSize * length);
          starts.forEach((start, row) => {
            data.set(all.subarray(start + shift, start + shift + length), row * length);
          });
          return { shape: [batchSize, length], dtype: 'int32', data };
        };
        yield { x: cut(0), y: cut(1) };
      }
    },
  };
}
