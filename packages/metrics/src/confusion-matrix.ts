import {
  checkOptions,
  DataError,
  field,
  formatShape,
  ShapeError,
  type Tensor,
  type TensorLike,
  tensor,
} from '@pullback/core';

export interface ConfusionOptions {
  /** From where on the only output is class 1; 0.5 when left out, which is for probabilities. 0 for logits. */
  readonly threshold?: number;
}

/**
 * How often class i (row) was taken for class j (column): counts, from the outputs of `predict` and the labels, or one-hot rows. Rows are samples. A
 * single output, as of a sigmoid, has classes 0 and 1.
 * @throws ShapeError when there is not one label for each sample; DataError for labels outside of the classes, NaN, and a single output
 * that is no probability, where there is no threshold.
 */
export function confusionMatrix(
  prediction: Tensor,
  labels: TensorLike,
  options: ConfusionOptions = {},
): number[][] {
  checkOptions('confusionMatrix', options, { threshold: field.number() });
  const [samples = 0, outputs = 1] = prediction.shape;
  if (prediction.shape.length < 1 || prediction.shape.length > 2)
    throw new ShapeError({
      got: `a prediction of ${formatShape(prediction.shape)}`,
      expected: 'a row of outputs for each sample',
    });
  const classes = Math.max(2, outputs);
  const is = labelsOf(tensor(labels), samples, classes);
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < samples; i++) {
    const row = prediction.data.subarray(i * outputs, (i + 1) * outputs);
    const taken = outputs === 1 ? sideOf(row[0] ?? Number.NaN, i, options) : largestOf(row, i);
    const counts = matrix[is[i] ?? 0];
    if (counts !== undefined) counts[taken] = (counts[taken] ?? 0) + 1;
  }
  return matrix;
}

/** The label of each sample. */
function labelsOf({ shape, data }: Tensor, samples: number, classes: number): number[] {
  const hot = shape.length === 2 && shape[1] === classes;
  if (shape[0] !== samples || !(hot || shape.length === 1 || (shape.length === 2 && shape[1] === 1)))
    throw new ShapeError({
      got: `labels of ${formatShape(shape)} for ${samples} samples`,
      expected: `one label for each sample, [${samples}], or one-hot rows, [${samples}, ${classes}]`,
    });
  return Array.from({ length: samples }, (_, i) => {
    const label = hot ? largestOf(data.subarray(i * classes, (i + 1) * classes), i) : (data[i] ?? Number.NaN);
    if (!Number.isInteger(label) || label < 0 || label >= classes)
      throw new DataError({
        got: `the label ${label} of sample ${i}`,
        expected: `whole numbers from 0 to ${classes - 1}, since the prediction has ${classes} classes`,
      });
    return label;
  });
}

/** The side of a single output. */
function sideOf(x: number, sample: number, { threshold }: ConfusionOptions): number {
  if (Number.isNaN(x)) throw notNumber(sample);
  if (threshold === undefined && (x < 0 || x > 1))
    throw new DataError({
      got: `the output ${x} of sample ${sample}, which is no probability`,
      expected: 'probabilities, or a threshold',
      hint: 'confusionMatrix(prediction, labels, { threshold: 0 }) is for logits.',
    });
  return Number(x > (threshold ?? 0.5));
}

/** The place of the largest; the first of equal ones. */
function largestOf(row: ArrayLike<number>, sample: number): number {
  let best = 0;
  for (let k = 0; k < row.length; k++) {
    const x = row[k] ?? Number.NaN;
    if (Number.isNaN(x)) throw notNumber(sample);
    if (x > (row[best] ?? Number.NaN)) best = k;
  }
  return best;
}

function notNumber(sample: number): DataError {
  return new DataError({
    got: `NaN for sample ${sample}`,
    expected: 'numbers: a NaN belongs to no class',
    hint: 'model.findNonFinite(batch) tells where it comes from.',
  });
}
