import {
  add,
  checkCall,
  field,
  type Layer,
  type LayerOptions,
  layerFields,
  less,
  mul,
  normal,
  type Scope,
  type Shape,
  select,
  uniform,
  type Value,
} from '@pullback/core';

/** A layer that disturbs its input while it trains, and passes it on in prediction. */
function noise(
  name: string,
  options: LayerOptions,
  disturb: (scope: Scope, x: Value) => Value,
): Layer<readonly [Value]> {
  return { name, label: options.name, forward: (scope, x) => (scope.training ? disturb(scope, x) : x) };
}

export const dropoutFields = {
  ...layerFields,
  rate: field.needed(field.number({ from: 0, below: 1 })),
};

export const noiseFields = { ...layerFields, deviation: field.needed(field.number({ from: 0 })) };

/** True with probability 1 - rate, for each element of `shape`. */
function keeps(scope: Scope, shape: Shape, rate: number): Value {
  return less(uniform(scope.randomKey(), shape, { dtype: scope.dtype }), 1 - rate);
}

/**
 * Inverted dropout: each element is 0 with probability `rate`, else x / (1 - rate), so that the mean stays x and prediction needs no
 * change. Source: Srivastava et al. 2014.
 * @throws OptionError for a rate outside of [0, 1).
 */
export function dropout(rate: number, options: LayerOptions = {}): Layer<readonly [Value]> {
  checkCall('dropout', { rate }, options, dropoutFields);
  return noise('dropout', options, (scope, x) =>
    select(keeps(scope, x.shape, rate), mul(x, 1 / (1 - rate)), 0),
  );
}

/**
 * Inverted dropout of whole channels: one draw for each sample and channel, the last axis of a sample in row layout and its first in
 * column layout. Source: Tompson et al. 2015.
 * @throws OptionError for a rate outside of [0, 1).
 */
export function spatialDropout(rate: number, options: LayerOptions = {}): Layer<readonly [Value]> {
  checkCall('spatialDropout', { rate }, options, dropoutFields);
  return noise('spatialDropout', options, (scope, x) => {
    const last = x.shape.length - 1;
    const shape = x.shape.map((extent, i) => (i === 0 || i === last ? extent : 1));
    return select(keeps(scope, shape, rate), mul(x, 1 / (1 - rate)), 0);
  });
}

/** The value of selu far below 0, which alpha dropout puts in the place of what it drops. */
const floor = -1.0507009873554805 * 1.6732632423543772;

/**
 * Dropout for selu: what is dropped becomes selu(-infinity) = p, and a (x or p) + b keeps mean 0 and variance 1, with
 * a = (q + p^2 q (1 - q))^(-1/2), b = -a p (1 - q), q = 1 - rate. Source: Klambauer et al. 2017.
 * @throws OptionError for a rate outside of [0, 1).
 */
export function alphaDropout(rate: number, options: LayerOptions = {}): Layer<readonly [Value]> {
  checkCall('alphaDropout', { rate }, options, dropoutFields);
  const kept = 1 - rate;
  const a = (kept + floor ** 2 * kept * rate) ** -0.5;
  const b = -a * floor * rate;
  return noise('alphaDropout', options, (scope, x) =>
    add(mul(select(keeps(scope, x.shape, rate), x, floor), a), b),
  );
}

/**
 * x plus normal noise of mean 0 and standard deviation `deviation`.
 * @throws OptionError for a deviation below 0.
 */
export function gaussianNoise(deviation: number, options: LayerOptions = {}): Layer<readonly [Value]> {
  checkCall('gaussianNoise', { deviation }, options, noiseFields);
  return noise('gaussianNoise', options, (scope, x) =>
    add(x, mul(normal(scope.randomKey(), x.shape, { dtype: scope.dtype }), deviation)),
  );
}
