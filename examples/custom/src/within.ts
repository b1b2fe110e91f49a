import {
  abs,
  cast,
  DataError,
  defineMetric,
  less,
  type Metric,
  reshape,
  ShapeError,
  sizeOf,
  sub,
} from 'pullback';

// #region metric
/** The share of components within 0.1 of the target: counted inside the Program, exact for any batch size. */
export const within = defineMetric(
  'within',
  (prediction, target) => cast(less(abs(sub(prediction, target)), 0.1), prediction.dtype),
  { better: 'higher' },
);
// #endregion

// #region kept
/** The median of |x - t|: sums do not give it, so the errors of every batch are kept. */
export function medianError(): Metric {
  return {
    name: 'median error',
    better: 'lower',
    keeps: true,
    observe: (prediction, target) => {
      if (prediction.shape.join() !== target.shape.join())
        throw new ShapeError({ got: `a target of [${target.shape}]`, expected: `[${prediction.shape}]` });
      return reshape(abs(sub(prediction, target)), [sizeOf(prediction.shape)]);
    },
    summarize: (errors) => {
      if (errors.length === 0) throw new DataError({ got: 'no samples', expected: 'at least one' });
      const sorted = [...errors].sort((a, b) => a - b);
      const half = sorted.length / 2;
      return ((sorted[Math.ceil(half) - 1] ?? 0) + (sorted[Math.floor(half)] ?? 0)) / 2;
    },
  };
}
// #endregion
