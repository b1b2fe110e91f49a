import {
  div,
  formatShape,
  type Placement,
  type Reduction,
  ShapeError,
  sameShape,
  sum,
  type Value,
} from '@pullback/core';

/** The errors of all samples as one number: their sum, or the sum over the number of samples. */
export function reduce(
  errors: Value,
  prediction: Value,
  reduction: Reduction,
  { sampleAxis }: Placement,
): Value {
  const total = sum(errors);
  return reduction === 'sum' ? total : div(total, prediction.shape.at(sampleAxis) ?? 1);
}

/** Refuses a target whose shape is not the prediction's: broadcasting would compute something else in silence. */
export function checkTarget(prediction: Value, target: Value): void {
  if (!sameShape(prediction.shape, target.shape))
    throw new ShapeError({
      got: `a target of ${formatShape(target.shape)}`,
      expected: `${formatShape(prediction.shape)}, as the prediction is`,
    });
}

export interface LossOptions {
  /** `sum` over samples, or their `mean`. */
  readonly reduction?: Reduction;
}
