import {
  add,
  checkOptions,
  div,
  type FieldsOf,
  field,
  formatShape,
  type Layer,
  mean,
  mul,
  ShapeError,
  sizeOf,
  sqrt,
  sub,
  type Value,
  variance,
} from '@pullback/core';
import { filled } from '../initializers.ts';
import { featuresOf, learnedLine, type NormalizationOptions, normalizationFields } from './features.ts';

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
      const normalized = (m: Value, v: Value) =>
        learnedLine(scope, div(sub(x, m), sqrt(add(v, epsilon))), shape, options);
      if (!scope.training) return normalized(running.mean.value, running.variance.value);
      const others = x.shape.flatMap((_, i) => (i === axis ? [] : [i]));
      const count = sizeOf(others.map((i) => x.shape[i] ?? 0));
      if (count < 2) throw tooFew(x);
      const over = { axis: others, keepAxis: axis === 0 };
      const [m, v] = [mean(x, over), variance(x, over)];
      const next = (old: Value, figure: Value) => add(mul(old, momentum), mul(figure, 1 - momentum));
      running.mean.set(next(running.mean.value, m));
      running.variance.set(next(running.variance.value, mul(v, count / (count - 1))));
      return normalized(m, v);
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
