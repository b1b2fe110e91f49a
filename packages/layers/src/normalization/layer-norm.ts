import {
  add,
  checkOptions,
  defineNode,
  div,
  type FieldsOf,
  type Layer,
  mean,
  mul,
  sqrt,
  square,
  sub,
  type Value,
} from '@pullback/core';
import { featuresOf, learnedLine, type NormalizationOptions, normalizationFields } from './features.ts';

/** x / sqrt(mean x^2 + epsilon) along an axis. With y of it and r = 1 / sqrt(...), J^T g = r (g - y mean(g y)). */
function toUnitSquare(x: Value, axis: number, epsilon: number): Value {
  const over = { axis, keepAxis: true };
  const scale = (z: Value) => div(1, sqrt(add(mean(square(z), over), epsilon)));
  return defineNode('toUnitSquare', {
    mixes: [axis],
    forward: (z: Value) => mul(z, scale(z)),
    vjp: (g, { inputs: [z], output: y }) => [mul(scale(z), sub(g, mul(y, mean(mul(g, y), over))))],
  })(x);
}

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
      const centered = sub(x, mean(x, { axis, keepAxis: true }));
      return learnedLine(scope, toUnitSquare(centered, axis, epsilon), shape, options);
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
      return learnedLine(scope, toUnitSquare(x, axis, epsilon), shape, { ...options, bias: false });
    },
  };
}
