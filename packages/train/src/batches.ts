import {
  checkOptions,
  DataError,
  type FieldsOf,
  field,
  RandomStream,
  type Tensor,
  type TensorLike,
  tensor,
} from '@pullback/core';
import { checkBatchSize, countOf, pick } from './data.ts';

export interface BatchesOptions {
  /** 32, or all samples when there are fewer. */
  readonly size?: number | undefined;
  readonly shuffle?: boolean;
  readonly seed?: number;
}

const batchesFields = {
  size: field.whole({ from: 1 }),
  shuffle: field.flag(),
  seed: field.whole(),
} satisfies FieldsOf<BatchesOptions>;

/**
 * The samples once, in batches; the last one as large as it comes. Rows are samples.
 * @throws DataError for inputs and targets of different number, or batches larger than the data.
 */
export function* batches(
  { x, y }: { readonly x: TensorLike; readonly y: TensorLike },
  options: BatchesOptions = {},
): Generator<{ x: Tensor; y: Tensor }, void> {
  checkOptions('batches', options, batchesFields);
  const { size: wanted, shuffle = false, seed = 0 } = options;
  const [inputs, targets] = [tensor(x), tensor(y)];
  const count = countOf(inputs, 'row');
  if (countOf(targets, 'row') !== count)
    throw new DataError({
      got: `${count} samples and ${countOf(targets, 'row')} targets`,
      expected: 'the same number',
    });
  const size = wanted ?? Math.min(32, count);
  checkBatchSize(size, count);
  const order = shuffle
    ? RandomStream.of(seed, 'batches').permutation(count)
    : Int32Array.from({ length: count }, (_, i) => i);
  for (let from = 0; from < count; from += size) {
    const rows = order.subarray(from, from + size);
    yield { x: pick(inputs, rows, 'row'), y: pick(targets, rows, 'row') };
  }
}
