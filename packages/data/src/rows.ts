import { ShapeError, sizeOf, type Tensor, type TypedArray } from '@pullback/core';

/** The samples of a prediction, one array for each: views of its numbers, which are not copied. @throws ShapeError for a single number. */
export function rowsOf({ shape, data }: Tensor): readonly TypedArray[] {
  const [count, ...sample] = shape;
  if (count === undefined) throw new ShapeError({ got: 'one number', expected: 'samples: [n, ...]' });
  const size = sizeOf(sample);
  return Array.from({ length: count }, (_, i) => data.subarray(i * size, (i + 1) * size));
}

/**
 * The place of the largest number along the last axis: the class that each row of logits or probabilities calls. The first of equal ones; that of a NaN, where there is one.
 * @throws ShapeError for rows without numbers.
 */
export function argmaxOf({ shape, data }: Tensor): Tensor {
  const size = shape.at(-1) ?? 0;
  if (size === 0)
    throw new ShapeError({ got: `[${shape.join(', ')}]`, expected: 'a last axis with numbers' });
  const outer = shape.slice(0, -1);
  const places = Int32Array.from({ length: sizeOf(outer) }, (_, row) => {
    let best = 0;
    for (let j = 1; j < size; j++) {
      const [held, next] = [data[row * size + best] ?? 0, data[row * size + j] ?? 0];
      if (next > held || (Number.isNaN(next) && !Number.isNaN(held))) best = j;
    }
    return best;
  });
  return { shape: outer, dtype: 'int32', data: places };
}
