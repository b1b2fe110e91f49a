import { checkOptions, div, type Loss, mul, square, sub } from '@pullback/core';
import {
  checkTarget,
  componentLoss,
  componentsOf,
  type LossOptions,
  lossFields,
  lossOf,
  type NoOptions,
  ofValues,
} from './reduce.ts';

/**
 * g(x) = 1/2 sum (t - x)^2, with gradient x - t. (3.2.1) Sums over samples, as the report does, unless `mean` is asked for.
 * @throws ShapeError when target and prediction differ in shape.
 */
export function halfSquaredError(options: LossOptions = {}): Loss {
  const { reduction = 'sum' } = checkOptions('halfSquaredError', options, lossFields);
  return componentLoss('halfSquaredError', { reduction, ...ofValues }, (x, t) => mul(square(sub(x, t)), 0.5));
}

/**
 * The mean of (t - x)^2 over samples and components, with gradient 2 (x - t) / (n r): 2 / (n r) times that of the half
 * squared error's sum.
 * @throws ShapeError when target and prediction differ in shape.
 */
export function meanSquaredError(options: NoOptions = {}): Loss {
  checkOptions('meanSquaredError', options, {});
  return lossOf({
    ...ofValues,
    name: 'meanSquaredError',
    reduction: 'mean',
    errors: (x, t, at) => {
      checkTarget(x, t);
      return div(square(sub(x, t)), componentsOf(x, at));
    },
  });
}
