import {
  add,
  cast,
  checkOptions,
  constant,
  field,
  flip,
  floor,
  gather,
  type Layer,
  type LayerOptions,
  layerFields,
  mul,
  reshape,
  sub,
  uniform,
  type Value,
} from '@pullback/core';

export interface MixupOptions extends LayerOptions {
  /** Both parameters of the beta distribution of shares: small ones leave most samples nearly as they are. 0.2 when left out. */
  readonly alpha?: number;
}

export const mixupFields = { ...layerFields, alpha: field.number({ above: 0, to: 10 }) };

const steps = 1024;

/**
 * Each sample mixed with another of its batch while training, s x + (1 - s) x', s from Beta(alpha, alpha) for each pair; the error becomes
 * s e(y, t) + (1 - s) e(y, t') without more ado. The partner of sample i of n is n - 1 - i. The distribution is interpolated between 1024 of its
 * quantiles. Figures of metrics while training are those of t alone.
 * Source: Zhang et al. 2018.
 * @throws OptionError for a loss without errors of samples, or a second mixup in one network.
 */
export function mixup(options: MixupOptions = {}): Layer<readonly [Value]> {
  const { alpha = 0.2, name } = checkOptions('mixup', options, mixupFields);
  let quantiles: Float64Array | undefined;
  return {
    name: 'mixup',
    label: name,
    source: 'Zhang et al. 2018',
    forward: (scope, x) => {
      if (!scope.training) return x;
      const axis = scope.layout === 'row' ? 0 : x.shape.length - 1;
      const samples = x.shape[axis] ?? 0;
      quantiles ??= betaQuantiles(alpha, steps);
      const shares = quantileAt(quantiles, uniform(scope.randomKey(), [samples], { dtype: scope.dtype }));
      const partner = (value: Value, along: number) => flip(value, along);
      scope.mixed(shares, partner);
      const each = reshape(
        shares,
        x.shape.map((extent, i) => (i === axis ? extent : 1)),
      );
      return add(mul(each, x), mul(sub(1, each), partner(x, axis)));
    },
  };
}

/** The quantiles at uniform numbers. */
function quantileAt(quantiles: Float64Array, u: Value): Value {
  const table = constant(quantiles, { dtype: u.dtype });
  const at = mul(u, steps);
  const whole = floor(at);
  const place = cast(whole, 'int32');
  const [low, high] = [gather(table, place), gather(table, add(place, 1))];
  return add(low, mul(sub(at, whole), sub(high, low)));
}

/**
 * x with I_x(alpha, alpha) = k / count for k = 0 ... count. Below 1/2 the incomplete beta function is x^a sum_k (1 - a)_k x^k / (k! (a + k)), and the
 * distribution is symmetric.
 * Source: Abramowitz and Stegun 1964, 26.5.4.
 */
function betaQuantiles(alpha: number, count: number): Float64Array {
  const below = (x: number) => {
    let [term, total] = [1, 1 / alpha];
    for (let k = 1; k < 60; k++) {
      term *= ((k - alpha) / k) * x;
      total += term / (alpha + k);
    }
    return x ** alpha * total;
  };
  const half = below(0.5);
  const quantile = (share: number): number => {
    if (share > 0.5) return 1 - quantile(1 - share);
    let [low, high] = [0, 0.5];
    for (let i = 0; i < 60; i++) {
      const middle = (low + high) / 2;
      if (below(middle) < 2 * share * half) low = middle;
      else high = middle;
    }
    return high;
  };
  return Float64Array.from({ length: count + 1 }, (_, k) =>
    k === 0 ? 0 : k === count ? 1 : quantile(k / count),
  );
}
