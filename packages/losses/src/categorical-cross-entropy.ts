import {
  DataError,
  defineNode,
  div,
  equal,
  formatShape,
  type Loss,
  log,
  logSoftmax,
  maximum,
  mul,
  neg,
  oneHot,
  type Placement,
  ShapeError,
  sameShape,
  select,
  type Tensor,
  type TensorSpec,
  transpose,
  type Value,
} from '@pullback/core';
import { type LossOptions, reduce } from './reduce.ts';

const leastLog = -100;
const leastProbability = 1e-38;

/** -t log x for each component, with 0 log 0 = 0. */
const errors = defineNode('categoricalCrossEntropy', {
  forward: (x: Value, t: Value) => neg(select(equal(t, 0), 0, mul(t, maximum(log(x), leastLog)))),
  vjp: (g, { inputs: [x, t] }) => [
    neg(mul(g, div(t, maximum(x, leastProbability)))),
    neg(mul(g, maximum(log(x), leastLog))),
  ],
});

/** -t log softmax(z) for each component; a target of 0 counts nothing, also beside a logit of -infinity. */
function logitErrors(logits: Value, targets: Value, axis: number): Value {
  return neg(select(equal(targets, 0), 0, mul(targets, logSoftmax(logits, { axis }))));
}

/**
 * g(x) = -sum t log x over probabilities x, with gradient -t/x and 0 log 0 = 0. (3.8)
 * Targets are one-hot or soft, of the prediction's shape, or one integer label for each sample.
 * The mean over samples unless `sum` is asked for.
 * @throws ShapeError for other shapes, DataError for a label outside of the classes.
 */
export function categoricalCrossEntropy({ reduction = 'mean' }: LossOptions = {}): Loss {
  return {
    name: 'categoricalCrossEntropy',
    reduction,
    forward: (prediction, target, at) =>
      reduce(errors(prediction, classesOf(target, prediction, at)), prediction, reduction, at),
    check: checkLabels,
  };
}

/**
 * Categorical cross entropy of softmax(z), from the logits z, with gradient x sum t - t, which is x - t when the targets of a
 * sample sum to 1. (3.9) Targets as for `categoricalCrossEntropy`. The mean over samples unless `sum` is asked for.
 * @throws ShapeError for other shapes, DataError for a label outside of the classes.
 */
export function softmaxCrossEntropy({ reduction = 'mean' }: LossOptions = {}): Loss {
  return {
    name: 'softmaxCrossEntropy',
    reduction,
    forward: (logits, target, at) =>
      reduce(logitErrors(logits, classesOf(target, logits, at), at.classAxis), logits, reduction, at),
    check: checkLabels,
  };
}

/** Targets of the prediction's shape: as they are, or one-hot from integer labels. */
function classesOf(target: Value, prediction: Value, { classAxis, layout }: Placement): Value {
  if (target.dtype === 'int32' && target.shape.length === prediction.shape.length - 1) {
    const rows = oneHot(target, prediction.shape.at(classAxis) ?? 0, {
      dtype: prediction.dtype === 'float64' ? 'float64' : 'float32',
    });
    return checked(layout === 'row' ? rows : transpose(rows), prediction);
  }
  return checked(target, prediction);
}

function checked(target: Value, prediction: Value): Value {
  if (!sameShape(target.shape, prediction.shape))
    throw new ShapeError({
      got: `a target of ${formatShape(target.shape)}`,
      expected: `${formatShape(prediction.shape)}, as the prediction is, or one integer label for each sample`,
    });
  return target;
}

function checkLabels({ shape, data }: Tensor, prediction: TensorSpec, { classAxis }: Placement): void {
  if (shape.length !== prediction.shape.length - 1) return;
  const classes = prediction.shape.at(classAxis) ?? 0;
  const wrong = data.findIndex((label) => !(Number.isInteger(label) && label >= 0 && label < classes));
  if (wrong >= 0)
    throw new DataError({
      got: `the label ${data[wrong]} of sample ${wrong}`,
      expected: `whole numbers from 0 to ${classes - 1}`,
      hint: 'The last layer needs one unit for each class.',
    });
}
