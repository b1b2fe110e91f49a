import { abs, defineMetric, type Metric, square, sub } from '@pullback/core';

/** mean (x - t)^2 over samples and components. */
export const meanSquaredDistance = defineMetric('mean squared error', (x, t) => square(sub(x, t)));

/** mean |x - t| over samples and components. */
export const meanAbsoluteDistance = defineMetric('mean absolute error', (x, t) => abs(sub(x, t)));

/** The square root of the mean squared error. */
export function rootMeanSquaredDistance(): Metric {
  const squared = meanSquaredDistance();
  return {
    ...squared,
    name: 'root mean squared error',
    summarize: (sums) => Math.sqrt(squared.summarize(sums)),
  };
}
