import { checkOptions, DataError, field, type Tensor, type TensorLike, tensor } from '@pullback/core';

/**
 * Labels as rows with a 1 in the place of each class: [...shape, classes], float32. Losses and metrics of classes take the labels themselves.
 * @param options.classes how many there are; one more than the largest label when left out.
 * @throws DataError for a label that is no whole number, or none of the classes.
 */
export function oneHotOf(labels: TensorLike, options: { readonly classes?: number } = {}): Tensor {
  const given = checkOptions('oneHotOf', options, { classes: field.whole({ from: 1 }) });
  const { shape, data } = tensor(labels);
  let classes = given.classes ?? 1;
  if (given.classes === undefined) for (const label of data) classes = Math.max(classes, label + 1);
  const rows = new Float32Array(data.length * (Number.isSafeInteger(classes) ? classes : 0));
  for (const [i, label] of data.entries()) {
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new DataError({
        got: `the label ${label} in place ${i}`,
        expected: `a class from 0 to ${classes - 1}`,
      });
    rows[i * classes + label] = 1;
  }
  return { shape: [...shape, classes], dtype: 'float32', data: rows };
}
