import {
  allocateArray,
  checkOptions,
  DataError,
  type FieldsOf,
  field,
  RandomStream,
  sizeOf,
  type Tensor,
  type TensorLike,
  tensor,
} from '@pullback/core';

export interface SplitOptions {
  /** The share of the samples that are kept for the test, rounded; one at least and not all. */
  readonly test: number;
  /** 0 when left out: the same samples for the same seed and number, on every machine. */
  readonly seed?: number;
  /** Takes them by chance; when false the last ones are the test. True when left out. */
  readonly shuffle?: boolean;
}

const splitFields = {
  test: field.needed(field.number({ above: 0, below: 1 })),
  seed: field.whole(),
  shuffle: field.flag(),
} satisfies FieldsOf<SplitOptions>;

/** Tensors by the names of what was split. */
export type SplitData<K extends string> = { readonly [N in K]: Tensor };

/**
 * Samples in two parts, the same ones of each of `data`, such as `{ x, y }`.
 * @throws DataError for fewer than two samples, or another number of one than of the others.
 */
export function splitData<K extends string>(
  data: Readonly<Record<K, TensorLike>>,
  options: SplitOptions,
): { readonly training: SplitData<K>; readonly test: SplitData<K> } {
  const { test, seed = 0, shuffle = true } = checkOptions('splitData', options, splitFields);
  const entries = Object.entries<TensorLike>(data);
  const names = entries.map(([name]) => name);
  const tensors = entries.map(([, like]) => tensor(like));
  const counts = tensors.map(({ shape }) => shape[0] ?? 0);
  const [count = 0] = counts;
  if (count < 2 || counts.some((each) => each !== count))
    throw new DataError({
      got: names.map((name, i) => `${counts[i]} samples of ${name}`).join(', ') || 'nothing',
      expected: 'two samples at least, as many of each',
    });
  const order = shuffle
    ? RandomStream.of(seed, 'split').permutation(count)
    : Int32Array.from({ length: count }, (_, i) => i);
  const kept = Math.min(count - 1, Math.max(1, Math.round(count * test)));
  const part = (places: Int32Array): SplitData<K> => {
    const picked = names.map((name, i) => [name, pick(tensors[i] ?? tensor([]), places)]);
    return Object.fromEntries(picked);
  };
  return { training: part(order.subarray(0, count - kept)), test: part(order.subarray(count - kept)) };
}

function pick({ shape, dtype, data }: Tensor, places: Int32Array): Tensor {
  const size = sizeOf(shape.slice(1));
  const picked = allocateArray(dtype, places.length * size);
  for (const [i, place] of places.entries())
    picked.set(data.subarray(place * size, (place + 1) * size), i * size);
  return { shape: [places.length, ...shape.slice(1)], dtype, data: picked };
}
