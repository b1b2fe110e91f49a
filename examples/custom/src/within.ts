import { abs, cast, defineMetric, less, mean, sub } from 'pullback';

// #region metric
/** The share of components within 0.1 of the target: counted inside the Program, exact for any batch size. */
export const within = defineMetric('within', (prediction, target) =>
  mean(cast(less(abs(sub(prediction, target)), 0.1), prediction.dtype)),
);
// #endregion
