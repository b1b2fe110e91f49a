import {
  type AxisOptions,
  activationOf,
  type Layer,
  type LayerOptions,
  placementOf,
  softmax as softmaxOf,
  tanh as tanhOf,
  Value,
} from '@pullback/core';

export { relu, sigmoid } from '@pullback/core';

/** The hyperbolic tangent, with derivative 1 - x^2 from its output. (3.1.2) */
export const tanh = activationOf('tanh', tanhOf);

export function softmax(x: Value, options?: AxisOptions): Value;
export function softmax(options?: AxisOptions & LayerOptions): Layer<readonly [Value]>;
/** softmax along the class axis: the last in row layout, the first in column layout. (3.4, 4.3) */
export function softmax(
  given: Value | (AxisOptions & LayerOptions) = {},
  along: AxisOptions = {},
): Value | Layer<readonly [Value]> {
  if (given instanceof Value) return softmaxOf(given, along);
  return {
    name: 'softmax',
    label: given.name,
    source: '(3.4)',
    forward: (scope, x) => softmaxOf(x, { axis: given.axis ?? placementOf(scope.layout).classAxis }),
  };
}
