import {
  defineLayer,
  dense,
  filled,
  type Layer,
  type LayerOptions,
  mul,
  OptionError,
  sigmoid,
  type Value,
} from 'pullback';

/**
 * swish_beta(X W + b) * (X V + c), with swish_beta(z) = z sigmoid(beta z) and a learned beta for each unit: a value of each unit, and a gate for
 * it. The two products are layers of the library, so both layouts work; beta is a weight of its own.
 * Source: Shazeer 2020, (5).
 * @throws OptionError when `units` is no whole number from 1 up.
 */
export function swiglu(units: number, options: LayerOptions = {}): Layer<readonly [Value]> {
  if (!Number.isInteger(units) || units < 1)
    throw new OptionError({ got: `${units} units for swiglu`, expected: 'a whole number from 1 up' });
  const [gate, value] = [dense(units, { name: 'gate' }), dense(units, { name: 'value' })];
  return defineLayer(
    'swiglu',
    (scope, x: Value) => {
      const shape = scope.layout === 'row' ? [units] : [units, 1];
      const beta = scope.parameter('beta', shape, filled(1));
      const z = scope.apply(gate, x);
      return mul(mul(z, sigmoid(mul(z, beta))), scope.apply(value, x));
    },
    options,
  );
}
