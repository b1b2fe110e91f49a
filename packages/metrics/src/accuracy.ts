import { argmax, defineMetric, equal, greater, type Metric } from '@pullback/core';
import { classOf, float } from './targets.ts';

/** The share of samples whose largest output is the labelled class, labels as integers or one-hot. */
export const categoricalAccuracy = defineMetric('accuracy', (prediction, target, at) =>
  float(equal(argmax(prediction, { axis: at.classAxis }), classOf(target, at))),
);

/** The share of outputs on the target's side of `threshold`: 0.5 for probabilities, 0 for logits. */
export function binaryAccuracy({ threshold = 0.5 }: { readonly threshold?: number } = {}): Metric {
  return defineMetric('accuracy', (prediction, target) =>
    float(equal(greater(prediction, threshold), greater(target, 0.5))),
  )();
}

/**
 * The share of samples that are right: by class when there are several outputs, by the side of 1/2 when there is one. For a
 * single logit use `binaryAccuracy({ threshold: 0 })`.
 */
export function accuracy(): Metric {
  const [byClass, bySide] = [categoricalAccuracy(), binaryAccuracy()];
  return {
    ...byClass,
    observe: (prediction, target, at) =>
      ((prediction.shape.at(at.classAxis) ?? 0) > 1 ? byClass : bySide).observe(prediction, target, at),
  };
}
