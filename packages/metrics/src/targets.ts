import {
  argmax,
  cast,
  DataError,
  formatShape,
  type Metric,
  type Placement,
  reshape,
  ShapeError,
  sameShape,
  type Tensor,
  type TensorSpec,
  transpose,
  type Value,
} from '@pullback/core';

/** How many outputs a sample, or a place in it, has. */
export function outputsOf({ shape }: Pick<TensorSpec, 'shape'>, { classAxis }: Placement): number {
  return shape.length < 2 ? 1 : (shape.at(classAxis) ?? 1);
}

/** Whether a target is one label for each set of outputs, and no row of as many numbers. @throws ShapeError when it is neither. */
export function isLabels(
  target: Pick<TensorSpec, 'shape'>,
  prediction: Pick<TensorSpec, 'shape'>,
  { layout }: Placement,
): boolean {
  if (sameShape(target.shape, prediction.shape)) return false;
  const labels = layout === 'row' ? prediction.shape.slice(0, -1) : prediction.shape.slice(1);
  if (prediction.shape.length > 1 && sameShape(target.shape, labels)) return true;
  throw new ShapeError({
    got: `a target of ${formatShape(target.shape)}`,
    expected: `${formatShape(prediction.shape)}, as the prediction is, or one label for each of ${formatShape(labels)}`,
  });
}

/** The target as a row of numbers for each row of the prediction. @throws ShapeError for labels of several outputs, and other shapes. */
export function sameAs(prediction: Value, target: Value, at: Placement): Value {
  if (isLabels(target, prediction, at) && outputsOf(prediction, at) !== 1)
    throw new ShapeError({
      got: `a target of ${formatShape(target.shape)}`,
      expected: `${formatShape(prediction.shape)}, as the prediction is`,
    });
  return cast(reshape(target, prediction.shape), prediction.dtype);
}

/** The labelled class, as int32: from labels, or from one-hot targets. @throws ShapeError */
export function classOf(prediction: Value, target: Value, at: Placement): Value {
  return isLabels(target, prediction, at) ? cast(target, 'int32') : argmax(target, { axis: at.classAxis });
}

/** Rows of outputs: [n, k] of samples, or of places in samples; one column where there is one output for each. */
export function rowsOf(x: Value, { layout }: Placement): Value {
  const rows = layout === 'column' && x.shape.length === 2 ? transpose(x) : x;
  const outputs = x.shape.length < 2 ? 1 : (rows.shape.at(-1) ?? 1);
  const count = outputs === 0 ? 0 : rows.shape.reduce((n, extent) => n * extent, 1) / outputs;
  return reshape(rows, [count, outputs]);
}

/** Refuses labels that name no class, and rows that do not name one. @throws DataError, ShapeError */
export const checkClasses: NonNullable<Metric['check']> = (target, prediction, at) => {
  const classes = outputsOf(prediction, at);
  if (isLabels(target, prediction, at)) {
    const wrong = target.data.findIndex(
      (label) => !(Number.isInteger(label) && label >= 0 && label < classes),
    );
    if (wrong >= 0)
      throw new DataError({
        got: `the label ${target.data[wrong]} of sample ${wrong}`,
        expected: `whole numbers from 0 to ${classes - 1}`,
        hint: 'The last layer needs one unit for each class.',
      });
    return;
  }
  if (classes < 2) return;
  const wrong = rowsOfData(target, classes, at).findIndex((row) => {
    const largest = Math.max(...row);
    return row.indexOf(largest) !== row.lastIndexOf(largest);
  });
  if (wrong >= 0)
    throw new DataError({
      got: `several labels, or none, for sample ${wrong}`,
      expected: 'one class for each sample: a label, or a row with one largest',
      hint: 'Where each output has a yes or no of its own, use binaryAccuracy(), and exclusive: false elsewhere.',
    });
};

/** Refuses targets that are no yes or no: 0 and 1, or -1 and 1; with `soft` also shares between. A missing one may be NaN. @throws DataError */
export function checkSides(target: Tensor, { soft = false }: { readonly soft?: boolean } = {}): void {
  const { data } = target;
  const negative = data.includes(-1) ? -1 : 0;
  const fits = (t: number) =>
    Number.isNaN(t) || t === 1 || t === negative || (soft && negative === 0 && t > 0 && t < 1);
  const wrong = data.findIndex((t) => !fits(t));
  if (wrong >= 0)
    throw new DataError({
      got: `a target of ${data[wrong]}, number ${wrong}`,
      expected: `${negative} or 1${soft && negative === 0 ? ', or a share between' : ''}`,
      hint: 'Labels of several classes need an output for each class.',
    });
}

/** The rows of a target of [n, classes], or its columns. */
function rowsOfData({ data }: Tensor, classes: number, { layout }: Placement): number[][] {
  const count = data.length / classes;
  return Array.from({ length: count }, (_, i) =>
    Array.from({ length: classes }, (_, k) => data[layout === 'row' ? i * classes + k : k * count + i] ?? 0),
  );
}
