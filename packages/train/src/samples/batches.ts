import {
  checkOptions,
  DataError,
  type FieldsOf,
  field,
  type Layout,
  RandomStream,
  type Tensor,
  type TensorLike,
  tensor,
  within,
} from '@pullback/core';
import { type Inputs, isNamed } from '../definition/named-inputs.ts';
import { checkBatchSize, countOf, pick } from './samples.ts';

export interface BatchesOptions {
  /** 32, or all samples when there are fewer. */
  readonly size?: number | undefined;
  readonly shuffle?: boolean;
  readonly seed?: number;
  /** Whether samples are rows or columns; rows when left out. */
  readonly layout?: Layout;
}

const batchesFields = {
  size: field.whole({ from: 1 }),
  shuffle: field.flag(),
  seed: field.whole(),
  layout: field.oneOf('row', 'column'),
} satisfies FieldsOf<BatchesOptions>;

/** Samples in memory: one input or several by name, one target or several, weights where there are some. */
export interface SampleData<X extends Inputs = Inputs, Y extends Inputs = Inputs> {
  readonly x: X;
  readonly y: Y;
  readonly sampleWeights?: TensorLike;
}

const dataFields = {
  x: field.needed(field.anything<Inputs>('inputs')),
  y: field.needed(field.anything<Inputs>('targets')),
  sampleWeights: field.anything<TensorLike>('a weight for each sample'),
};

/** A tensor, or one of each name. */
export type Picked<X extends Inputs> = X extends TensorLike ? Tensor : { readonly [K in keyof X]: Tensor };

/** A batch of samples that were given as `X` and `Y`. */
export interface PickedBatch<X extends Inputs = Inputs, Y extends Inputs = Inputs> {
  readonly x: Picked<X>;
  readonly y: Picked<Y>;
  readonly sampleWeights?: Tensor;
}

/**
 * The samples once, in batches; the last one as large as it comes.
 * @throws DataError for inputs and targets of different number, or batches larger than the data.
 */
export function batches<X extends Inputs, Y extends Inputs>(
  data: SampleData<X, Y>,
  options?: BatchesOptions,
): Generator<PickedBatch<X, Y>, void>;
export function* batches(data: SampleData, options: BatchesOptions = {}): Generator<PickedBatch, void> {
  checkOptions('batches', data, dataFields);
  checkOptions('batches', options, batchesFields);
  const { size: wanted, shuffle = false, seed = 0, layout = 'row' } = options;
  const { count, pick } = picker(data, layout);
  const size = wanted ?? Math.min(32, count);
  checkBatchSize(size, count);
  const order = shuffle
    ? RandomStream.of(seed, 'batches').permutation(count)
    : Int32Array.from({ length: count }, (_, i) => i);
  for (let from = 0; from < count; from += size) yield pick(order.subarray(from, from + size));
}

/** How many samples there are, and batches of them by their places. @throws DataError for inputs and targets of different number. */
export function picker(data: SampleData, layout: Layout) {
  const weights = data.sampleWeights === undefined ? undefined : tensor(data.sampleWeights);
  const [x, y] = [tensorsOf(data.x, 'x'), tensorsOf(data.y, 'y')];
  const [[, first] = []] = x;
  const count = first === undefined ? 0 : countOf(first, layout);
  for (const [place, tensor] of [...x, ...y])
    if (countOf(tensor, layout) !== count)
      throw new DataError({
        got: `${count} samples and ${countOf(tensor, layout)} of ${place}`,
        expected: 'the same number',
      });
  if (weights !== undefined && (weights.shape.length !== 1 || weights.data.length !== count))
    throw new DataError({
      got: `${weights.data.length} weights for ${count} samples`,
      expected: 'one for each',
    });
  return {
    count,
    pick: (rows: Int32Array): PickedBatch => ({
      x: picked(x, rows, layout),
      y: picked(y, rows, layout),
      ...(weights && { sampleWeights: pick(weights, rows, 'row') }),
    }),
  };
}

type Tensors = readonly (readonly [place: string, tensor: Tensor, name?: string])[];

/** Labels of 64 bits, as other programs write them. */
function isLong(like: TensorLike): boolean {
  return like instanceof BigInt64Array || like instanceof BigUint64Array;
}

/** One tensor without a name, or several with theirs. */
function tensorsOf(given: Inputs, place: string): Tensors {
  const read = (like: TensorLike, at: string) =>
    within(at, () => tensor(like, isLong(like) ? { dtype: 'int32' } : {}));
  if (!isNamed(given)) return [[place, read(given, place)]];
  return Object.entries(given).map(([name, like]) => [
    `${place}/${name}`,
    read(like, `${place}/${name}`),
    name,
  ]);
}

function picked(
  tensors: Tensors,
  rows: Int32Array,
  layout: Layout,
): Tensor | Readonly<Record<string, Tensor>> {
  const [only] = tensors;
  if (only !== undefined && only[2] === undefined) return pick(only[1], rows, layout);
  return Object.fromEntries(tensors.map(([, tensor, name = '']) => [name, pick(tensor, rows, layout)]));
}
