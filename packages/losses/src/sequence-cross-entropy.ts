import {
  cast,
  checkOptions,
  DataError,
  DTypeError,
  div,
  equal,
  type FieldsOf,
  field,
  formatShape,
  type Loss,
  labelErrors,
  maximum,
  not,
  type Placement,
  placeOf,
  ShapeError,
  sameShape,
  select,
  sizeOf,
  sum,
  type TensorSpec,
  type Value,
} from '@pullback/core';
import { logitErrors } from './categorical-cross-entropy.ts';
import { type LossOptions, lossFields, ofSoftmaxLogits } from './reduce.ts';

export interface SequenceCrossEntropyOptions extends LossOptions {
  /** A label that counts nothing, as that of padding; -1 when left out. */
  readonly ignore?: number;
}

export const sequenceCrossEntropyFields = {
  ...lossFields,
  ignore: field.whole(),
} satisfies FieldsOf<SequenceCrossEntropyOptions>;

/**
 * Categorical cross entropy of softmax(z) at each place of a sequence, from the logits z [n, ..., classes] and a whole number for each place,
 * or shares of the classes as z is: the mean over all places that count, or their sum. The mean of several batches weighs each by its samples. (3.9)
 * @throws ShapeError for labels of another shape, DataError for a label outside of the classes, OptionError for wrong options.
 */
export function sequenceCrossEntropy(options: SequenceCrossEntropyOptions = {}): Loss {
  const { reduction = 'mean', ignore = -1 } = checkOptions(
    'sequenceCrossEntropy',
    options,
    sequenceCrossEntropyFields,
  );
  const errors = (z: Value, target: Value, at: Placement) => {
    if (sameShape(target.shape, z.shape)) return logitErrors(z, target, at.classAxis);
    checkLabels(target, z, at);
    return select(equal(target, ignore), 0, labelErrors(z, target, { axis: at.classAxis }));
  };
  /** How many places count, at least 1. */
  const counted = (z: Value, target: Value, at: Placement) =>
    target.dtype === 'int32'
      ? maximum(sum(cast(not(equal(target, ignore)), z.dtype)), 1)
      : Math.max(1, sizeOf(labelsOf(z, at)));
  const overPlaces = (x: Value, { layout }: Placement) => {
    const sample = layout === 'row' ? 0 : x.shape.length - 1;
    return sum(x, { axis: x.shape.flatMap((_, i) => (i === sample ? [] : [i])) });
  };
  return {
    ...ofSoftmaxLogits,
    name: 'sequenceCrossEntropy',
    reduction,
    ...(reduction === 'sum' && { perSample: (z, labels, at) => overPlaces(errors(z, labels, at), at) }),
    forward: (z, labels, at) => {
      const total = sum(errors(z, labels, at));
      if (reduction === 'sum') return total;
      return div(total, counted(z, labels, at));
    },
    check: ({ shape, data }, prediction, at) => {
      if (!sameShape(shape, labelsOf(prediction, at))) return;
      const classes = prediction.shape.at(at.classAxis) ?? 0;
      const wrong = data.findIndex(
        (label) => label !== ignore && !(Number.isInteger(label) && label >= 0 && label < classes),
      );
      if (wrong >= 0)
        throw new DataError({
          got: `the label ${data[wrong]} at ${placeOf(wrong, shape)}`,
          expected: `whole numbers from 0 to ${classes - 1}, or ${ignore} for what counts nothing`,
        });
    },
  };
}

/** The shape of labels: that of the prediction without its classes. */
function labelsOf({ shape }: Pick<TensorSpec, 'shape'>, { layout }: Placement): readonly number[] {
  return layout === 'row' ? shape.slice(0, -1) : shape.slice(1);
}

function checkLabels(labels: Value, z: Value, at: Placement): void {
  const wanted = labelsOf(z, at);
  if (z.shape.length < 2 || !sameShape(labels.shape, wanted))
    throw new ShapeError({
      got: `labels of ${formatShape(labels.shape)}`,
      expected: `${formatShape(wanted)}, one for each place of the prediction`,
    });
  if (labels.dtype !== 'int32') throw new DTypeError({ got: `labels of ${labels.dtype}`, expected: 'int32' });
}
