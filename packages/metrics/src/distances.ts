import { abs, DataError, div, log1p, type Metric, square, sub } from '@pullback/core';
import type { WeightedOptions } from './options.ts';
import { meanOf } from './values.ts';

/** mean (x - t)^2 over samples and components. @throws ShapeError, OptionError for logits */
export function meanSquaredDistance(options: WeightedOptions = {}): Metric {
  return meanOf('mean squared error', options, (x, t) => square(sub(x, t)));
}

/** mean |x - t| over samples and components. @throws ShapeError, OptionError for logits */
export function meanAbsoluteDistance(options: WeightedOptions = {}): Metric {
  return meanOf('mean absolute error', options, (x, t) => abs(sub(x, t)));
}

/** The square root of the mean squared error. @throws ShapeError, OptionError for logits */
export function rootMeanSquaredDistance(options: WeightedOptions = {}): Metric {
  const squared = meanOf('root mean squared error', options, (x, t) => square(sub(x, t)));
  return { ...squared, summarize: (sums) => Math.sqrt(squared.summarize(sums)) };
}

/**
 * mean |x - t| / |t| over samples and components: 0.1 for a tenth.
 * @throws ShapeError, OptionError for logits, DataError for targets of 0.
 */
export function meanAbsolutePercentageError(options: WeightedOptions = {}): Metric {
  return meanOf('mean absolute percentage error', options, (x, t) => div(abs(sub(x, t)), abs(t)), {
    check: ({ data }) => {
      const wrong = data.indexOf(0);
      if (wrong >= 0)
        throw new DataError({
          got: `a target of 0, number ${wrong}`,
          expected: 'targets other than 0, which errors are divided by',
          hint: 'meanAbsoluteError takes all targets.',
        });
    },
  });
}

/**
 * mean (log(1 + x) - log(1 + t))^2 over samples and components.
 * @throws ShapeError, OptionError for logits, DataError for targets, or predictions, that are not above -1.
 */
export function meanSquaredLogarithmicError(options: WeightedOptions = {}): Metric {
  const word = 'mean squared logarithmic error';
  const metric = meanOf(word, options, (x, t) => square(sub(log1p(x), log1p(t))), {
    check: ({ data }) => {
      const wrong = data.findIndex((t) => t <= -1);
      if (wrong >= 0)
        throw new DataError({
          got: `a target of ${data[wrong]}, number ${wrong}`,
          expected: 'targets above -1',
        });
    },
  });
  return {
    ...metric,
    summarize: (sums) => {
      const figure = metric.summarize(sums);
      if (Number.isFinite(figure)) return figure;
      throw new DataError({
        got: `a ${word} of ${figure}`,
        expected: 'predictions above -1, the others have no logarithm',
        hint: 'softplus() as the last layer gives positive numbers.',
      });
    },
  };
}
