import {
  add,
  checkOptions,
  div,
  type FieldsOf,
  field,
  fill,
  formatShape,
  type Layer,
  mul,
  reshape,
  ShapeError,
  sizeOf,
  sqrt,
  sub,
  type Value,
} from '@pullback/core';
import { filled } from '../initializers.ts';
import { featuresOf, learnedLine, type NormalizationOptions, normalizationFields } from './features.ts';
import { figuresOf, standardized } from './standardized.ts';

export interface BatchNormOptions extends NormalizationOptions {
  /** The share of the running figures that a step keeps; 0.9 when left out. */
  readonly momentum?: number;
}

export const batchNormFields = {
  ...normalizationFields,
  momentum: field.number({ from: 0, to: 1 }),
} satisfies FieldsOf<BatchNormOptions>;

/**
 * scale (x - m) / sqrt(v + epsilon) + bias for every feature, with m and v over all samples and places of the batch while training. Prediction
 * takes running figures, which are state: r <- momentum r + (1 - momentum) figure, of v the unbiased one, n v / (n - 1).
 * Source: Ioffe and Szegedy 2015.
 * @throws ShapeError for a batch with one number for each feature in training: its variance is 0 whatever it is.
 */
export function batchNorm(options: BatchNormOptions = {}): Layer<readonly [Value]> {
  const { momentum = 0.9, epsilon = 1e-5, name } = checkOptions('batchNorm', options, batchNormFields);
  return {
    name: 'batchNorm',
    label: name,
    source: 'Ioffe and Szegedy 2015',
    forward: (scope, x) => {
      const { axis, shape } = featuresOf(scope, x);
      const running = {
        mean: scope.state('mean', shape, filled(0)),
        variance: scope.state('variance', shape, filled(1)),
      };
      if (!scope.training) {
        const scale = div(1, sqrt(add(running.variance.value, epsilon)));
        return learnedLine(scope, mul(sub(x, running.mean.value), scale), shape, options);
      }
      const others = x.shape.flatMap((_, i) => (i === axis ? [] : [i]));
      const count = sizeOf(others.map((i) => x.shape[i] ?? 0));
      if (count < 2) throw tooFew(x);
      const { mean, variance } = figuresOf(x, others, epsilon);
      const next = (old: Value, figure: Value) =>
        add(mul(old, momentum), mul(reshape(figure, shape), 1 - momentum));
      running.mean.set(next(running.mean.value, mean));
      running.variance.set(next(running.variance.value, mul(variance, count / (count - 1))));
      const { scale = true } = options;
      const gain = scale ? scope.parameter('scale', shape, filled(1)) : fill(1, shape, x.dtype);
      const normalized = standardized(x, reshape(gain, mean.shape), others, epsilon);
      return learnedLine(scope, normalized, shape, { ...options, scale: false });
    },
  };
}

function tooFew(x: Value): ShapeError {
  return new ShapeError({
    got: `a batch of ${formatShape(x.shape)}, fewer than two numbers for each feature`,
    expected: 'two at least: the mean of one is itself, and it would always become 0',
    hint: 'A batch size that leaves no batch of one sample, or layerNorm or groupNorm, which look at each sample by itself.',
  });
}
