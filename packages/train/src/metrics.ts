import {
  argmax,
  cast,
  equal,
  greater,
  isFloat,
  type Metric,
  mean,
  type Placement,
  type Value,
} from '@pullback/core';

/**
 * The share of samples that are right: the largest class is the labelled one (integer labels or one-hot targets), or, for a
 * single output, prediction and target lie on the same side of 1/2. The side of logits is 0: use `binaryAccuracy` for them.
 */
export const accuracy: Metric = {
  name: 'accuracy',
  forward: (prediction, target, at) => {
    const right =
      (prediction.shape.at(at.classAxis) ?? 0) > 1
        ? classMatches(prediction, target, at)
        : sideMatches(prediction, target, 0.5);
    return mean(cast(right, isFloat(prediction.dtype) ? prediction.dtype : 'float32'));
  },
};

/** The share of outputs on the target's side of `threshold`: 0.5 for probabilities, 0 for logits. */
export function binaryAccuracy({ threshold = 0.5 }: { threshold?: number } = {}): Metric {
  return {
    name: 'accuracy',
    forward: (prediction, target) => mean(cast(sideMatches(prediction, target, threshold), 'float32')),
  };
}

function classMatches(prediction: Value, target: Value, { classAxis }: Placement): Value {
  const wanted = target.dtype === 'int32' ? target : argmax(target, { axis: classAxis });
  return equal(argmax(prediction, { axis: classAxis }), wanted);
}

function sideMatches(prediction: Value, target: Value, threshold: number): Value {
  return equal(greater(prediction, threshold), greater(target, 0.5));
}
