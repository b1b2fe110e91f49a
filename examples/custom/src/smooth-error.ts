import { add, defineLoss, type Loss, sqrt, square, sub, sum, unbroadcast, type Value } from 'pullback';

// #region loss
/** sum (sqrt(1 + (x - t)^2) - 1): squared near the target, linear far from it. */
export const smoothError = defineLoss('smoothError', (prediction, target) =>
  sum(sub(sqrt(add(1, square(sub(prediction, target)))), 1)),
);
// #endregion

// #region weighted
/** The same with an error for each sample, so that samples and classes can be weighted; targets of another shape are refused. */
export function weightedSmoothError(): Loss {
  const errors = (x: Value, t: Value) => unbroadcast(x, t, () => sub(sqrt(add(1, square(sub(x, t)))), 1));
  return {
    name: 'weightedSmoothError',
    reduction: 'sum',
    perSample: (x, t, { classAxis }) => sum(errors(x, t), { axis: classAxis }),
    forward: (x, t) => sum(errors(x, t)),
  };
}
// #endregion
