import {
  defineActivation,
  defineActivationWith,
  expm1,
  lessEqual,
  mul,
  select,
  type Value,
} from '@pullback/core';

/** x for x > 0, else slope x; the derivative at 0 is the slope. Source: Maas, Hannun and Ng 2013. */
export const leakyRelu = defineActivationWith(
  'leakyRelu',
  { slope: 0.01 },
  ({ slope }) =>
    (x) =>
      select(lessEqual(x, 0), mul(x, slope), x),
);

/** x for x > 0, else alpha (e^x - 1), from e^x below 0 alone, which never overflows; the derivative at 0 is alpha. Source: Clevert, Unterthiner and Hochreiter 2016. */
export const elu = defineActivationWith(
  'elu',
  { alpha: 1 },
  ({ alpha }) =>
    (x) =>
      eluOf(x, alpha),
);

function eluOf(x: Value, alpha: number): Value {
  return select(lessEqual(x, 0), mul(expm1(below0(x)), alpha), x);
}

/** x where it is not above 0, else 0; unlike a minimum it has the derivative 1 at 0, as elu has it from below. */
function below0(x: Value): Value {
  return select(lessEqual(x, 0), x, 0);
}

const alpha = 1.6732632423543772;
const scale = 1.0507009873554805;

/** scale elu(x, alpha) with the scale and alpha that keep mean 0 and variance 1. Source: Klambauer et al. 2017. */
export const selu = defineActivation('selu', (x) => mul(eluOf(x, alpha), scale));

/** max(x, 0) + min(0, alpha (e^(x/alpha) - 1)): an elu whose derivative is continuous for every alpha. Source: Barron 2017. */
export const celu = defineActivationWith(
  'celu',
  { alpha: 1 },
  ({ alpha: a }) =>
    (x) =>
      select(lessEqual(x, 0), mul(expm1(mul(below0(x), 1 / a)), a), x),
);
