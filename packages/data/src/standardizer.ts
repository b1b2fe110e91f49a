import {
  cast,
  constant,
  DataError,
  div,
  formatShape,
  isFloat,
  type Layer,
  lastOf,
  ShapeError,
  sub,
  type TensorLike,
  tensor,
  type Value,
} from '@pullback/core';

/** The mean and the standard deviation of each feature, which data are standardized by. */
export interface Standardizer {
  readonly mean: readonly number[];
  /** The root of the mean squared distance from the mean; 1 for a feature that is the same in all samples. */
  readonly deviation: readonly number[];
  /** (x - mean) / deviation as a layer. Its numbers are constants, no weights: a file of the model does not hold them. */
  layer(): Layer<readonly [Value]>;
}

/**
 * Looks at samples [n, ..., features] once: every feature, along the last axis, shall have mean 0 and deviation 1 in them. Both are computed in float64, the deviation
 * after the mean.
 * @throws DataError without samples, and for a feature with a NaN or an infinity.
 */
export function standardizer(samples: TensorLike): Standardizer {
  const { shape, data } = tensor(samples);
  const width = shape.length < 2 ? 0 : lastOf(shape);
  const rows = width === 0 ? 0 : data.length / width;
  if (rows === 0)
    throw new DataError({ got: formatShape(shape), expected: 'samples with features: [n, features]' });
  const mean = average(rows, width, (i) => data[i] ?? 0);
  const squares = average(rows, width, (i, feature) => ((data[i] ?? 0) - (mean[feature] ?? 0)) ** 2);
  const wrong = squares.findIndex((square) => !Number.isFinite(square));
  if (wrong >= 0)
    throw new DataError({ got: `a NaN or an infinity in feature ${wrong}`, expected: 'finite numbers' });
  const deviation = squares.map((square) => (square === 0 ? 1 : Math.sqrt(square)));
  return {
    mean,
    deviation,
    layer: () => ({
      name: 'standardized',
      forward: (scope, x) => {
        if (lastOf(x.shape) !== width)
          throw new ShapeError({
            got: `${lastOf(x.shape)} features`,
            expected: `${width}, as in the data that were looked at`,
          });
        const dtype = isFloat(x.dtype) ? x.dtype : scope.dtype;
        const centred = sub(cast(x, dtype), constant(mean, { dtype }));
        return div(centred, constant(deviation, { dtype }));
      },
    }),
  };
}

/** The mean over rows of a function of each element, by feature. */
function average(rows: number, width: number, of: (i: number, feature: number) => number): number[] {
  const sums = new Array<number>(width).fill(0);
  for (let i = 0; i < rows * width; i++) sums[i % width] = (sums[i % width] ?? 0) + of(i, i % width);
  return sums.map((sum) => sum / rows);
}
