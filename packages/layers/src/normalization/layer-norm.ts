import {
  add,
  checkOptions,
  div,
  type FieldsOf,
  type Layer,
  mean,
  sqrt,
  square,
  sub,
  type Value,
  variance,
} from '@pullback/core';
import { featuresOf, learnedLine, type NormalizationOptions, normalizationFields } from './features.ts';

/**
 * scale (x - m) / sqrt(v + epsilon) + bias, with m and v over the features of each sample and place. Source: Ba et al. 2016.
 * @throws ShapeError for samples without features.
 */
export function layerNorm(options: NormalizationOptions = {}): Layer<readonly [Value]> {
  const { epsilon = 1e-5, name } = checkOptions('layerNorm', options, normalizationFields);
  return {
    name: 'layerNorm',
    label: name,
    source: 'Ba et al. 2016',
    forward: (scope, x) => {
      const { axis, shape } = featuresOf(scope, x);
      const over = { axis, keepAxis: true };
      const normalized = div(sub(x, mean(x, over)), sqrt(add(variance(x, over), epsilon)));
      return learnedLine(scope, normalized, shape, options);
    },
  };
}

const { bias: _, ...rest } = normalizationFields;

export type RmsNormOptions = Omit<NormalizationOptions, 'bias'>;

export const rmsNormFields = rest satisfies FieldsOf<RmsNormOptions>;

/**
 * scale x / sqrt(mean x^2 + epsilon), with the mean over the features of each sample and place; epsilon 1e-6 when left out.
 * Source: Zhang and Sennrich 2019.
 * @throws ShapeError for samples without features.
 */
export function rmsNorm(options: RmsNormOptions = {}): Layer<readonly [Value]> {
  const { epsilon = 1e-6, name } = checkOptions('rmsNorm', options, rmsNormFields);
  return {
    name: 'rmsNorm',
    label: name,
    source: 'Zhang and Sennrich 2019',
    forward: (scope, x) => {
      const { axis, shape } = featuresOf(scope, x);
      const normalized = div(x, sqrt(add(mean(square(x), { axis, keepAxis: true }), epsilon)));
      return learnedLine(scope, normalized, shape, { ...options, bias: false });
    },
  };
}
