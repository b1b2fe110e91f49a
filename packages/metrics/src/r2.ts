import { checkOptions, field, type Metric, noSamples } from '@pullback/core';
import { named, type WeightedOptions, weightedFields } from './options.ts';
import { spreadOf, spreadRecord } from './spread.ts';
import { sameAs } from './targets.ts';
import { bySample, checkValues } from './values.ts';

export interface R2Options extends WeightedOptions {
  /** How several outputs become one figure: `uniform`, the mean of theirs, or `variance`, their mean by the variance of the targets. */
  readonly average?: 'uniform' | 'variance';
}

export const r2Fields = { ...weightedFields, average: field.oneOf('uniform', 'variance') };

/**
 * The coefficient of determination 1 - sum (t - x)^2 / sum (t - mean t)^2 of each output, and their mean. Where all targets of an output are
 * equal it is 1 for predictions that are right and 0 for others, as in scikit-learn. Never above 1.
 * Batches are counted about their own mean and put together in float64. Source: Chan, Golub and LeVeque 1979.
 * @throws ShapeError when target and prediction differ in shape, OptionError for logits, DataError of no samples.
 */
export function r2(options: R2Options = {}): Metric {
  checkOptions("metric 'r2'", options, r2Fields);
  const { average = 'uniform', weighted = false } = options;
  const name = named('R2', options);
  return {
    name,
    better: 'higher',
    keeps: true,
    weighted,
    observe: (prediction, target, at, weights) => {
      const t = sameAs(prediction, target, at);
      checkValues('r2', at);
      return spreadRecord(bySample(prediction, at), bySample(t, at), weights);
    },
    summarize: (numbers) => {
      const outputs = spreadOf(numbers);
      if (!outputs.some(({ weight }) => weight !== 0)) throw noSamples(name);
      const figures = outputs.map(({ residual, spread }) =>
        spread === 0 ? Number(residual === 0) : 1 - residual / spread,
      );
      const shares = outputs.map(({ spread }) => (average === 'variance' ? spread : 1));
      const all = shares.reduce((a, b) => a + b, 0);
      const even = all === 0;
      return figures.reduce(
        (sum, figure, k) => sum + figure * (even ? 1 / figures.length : (shares[k] ?? 0) / all),
        0,
      );
    },
  };
}
