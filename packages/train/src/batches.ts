import { DataError, RandomStream, type TensorLike, tensor } from '@pullback/core';
import { checkBatchSize, countOf, type Inputs, pick } from './data.ts';
import type { Batch } from './model-options.ts';

export interface BatchesOptions {
  readonly size: number;
  readonly shuffle?: boolean;
  readonly seed?: number;
}

/**
 * The samples once, in batches; the last one as large as it comes. Rows are samples.
 * @throws DataError for inputs and targets of different number, or batches larger than the data.
 */
export function* batches(
  { x, y }: { readonly x: TensorLike; readonly y: TensorLike },
  { size, shuffle = false, seed = 0 }: BatchesOptions,
): Generator<Batch & { readonly x: Inputs }> {
  const [inputs, targets] = [tensor(x), tensor(y)];
  const count = countOf(inputs, 'row');
  if (countOf(targets, 'row') !== count)
    throw new DataError({
      got: `${count} samples and ${countOf(targets, 'row')} targets`,
      expected: 'the same number',
    });
  checkBatchSize(size, count);
  const order = shuffle
    ? RandomStream.of(seed, 'batches').permutation(count)
    : Int32Array.from({ length: count }, (_, i) => i);
  for (let from = 0; from < count; from += size) {
    const rows = order.subarray(from, from + size);
    yield { x: pick(inputs, rows, 'row'), y: pick(targets, rows, 'row') };
  }
}
