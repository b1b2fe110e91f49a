import { formatShape, ShapeError, type Tensor } from '@pullback/core';

/**
 * How often class i (row) was taken for class j (column): counts, from the outputs of `predict` and the labels. Rows are samples.
 * @throws ShapeError when there is not one label for each sample.
 */
export function confusionMatrix(prediction: Tensor, labels: ArrayLike<number>): number[][] {
  const [samples = 0, classes = 0] = prediction.shape;
  if (prediction.shape.length !== 2 || labels.length !== samples)
    throw new ShapeError({
      got: `${labels.length} labels for a prediction of ${formatShape(prediction.shape)}`,
      expected: 'one label for each row',
    });
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < samples; i++) {
    const row = prediction.data.subarray(i * classes, (i + 1) * classes);
    const taken = row.indexOf(Math.max(...row));
    const counts = matrix[labels[i] ?? -1];
    if (counts !== undefined && taken >= 0) counts[taken] = (counts[taken] ?? 0) + 1;
  }
  return matrix;
}
