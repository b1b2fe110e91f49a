import { add, defineLoss, sqrt, square, sub, sum } from 'pullback';

// #region loss
/** sum (sqrt(1 + (x - t)^2) - 1): squared near the target, linear far from it. */
export const smoothError = defineLoss('smoothError', (prediction, target) =>
  sum(sub(sqrt(add(1, square(sub(prediction, target)))), 1)),
);
// #endregion

// #region weighted
/** The same with an error for each sample, so that samples and classes can be weighted. */
export const weightedSmoothError = defineLoss('weightedSmoothError', {
  perSample: (x, t, { classAxis }) => sum(sub(sqrt(add(1, square(sub(x, t)))), 1), { axis: classAxis }),
});
// #endregion
