import { fill, type Metric, sizeOf, square, stack, sub, sum } from '@pullback/core';

/** The coefficient of determination 1 - sum (t - x)^2 / sum (t - mean t)^2, over all components. */
export function r2(): Metric {
  return {
    name: 'R2',
    observe: (x, t) =>
      stack([
        sum(square(sub(t, x))),
        sum(square(t)),
        sum(t),
        fill(sizeOf(t.shape), [], t.dtype === 'float64' ? 'float64' : 'float32'),
      ]),
    summarize: ([residual = 0, squares = 0, total = 0, n = 0]) => 1 - residual / (squares - total ** 2 / n),
  };
}
