import { div, type Loss, mul, sizeOf, square, sub, sum } from '@pullback/core';
import { checkTarget, type LossOptions, reduce } from './reduce.ts';

/**
 * g(x) = 1/2 sum (t - x)^2, with gradient x - t. (3.2.1) Sums over samples, as the report does, unless `mean` is asked for.
 * @throws ShapeError when target and prediction differ in shape.
 */
export function halfSquaredError({ reduction = 'sum' }: LossOptions = {}): Loss {
  return {
    name: 'halfSquaredError',
    reduction,
    forward: (prediction, target, at) => {
      checkTarget(prediction, target);
      return reduce(mul(square(sub(prediction, target)), 0.5), prediction, reduction, at);
    },
  };
}

/**
 * The mean of (t - x)^2 over samples and components, with gradient 2 (x - t) / (n r): 2 / (n r) times that of the half
 * squared error's sum.
 * @throws ShapeError when target and prediction differ in shape.
 */
export function meanSquaredError(): Loss {
  return {
    name: 'meanSquaredError',
    reduction: 'mean',
    forward: (prediction, target) => {
      checkTarget(prediction, target);
      return div(sum(square(sub(prediction, target))), sizeOf(prediction.shape));
    },
  };
}
