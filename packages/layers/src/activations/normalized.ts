import {
  type AxisOptions,
  checkOptions,
  field,
  type Layer,
  type LayerOptions,
  layerFields,
  logSoftmax as logSoftmaxOf,
  placementOf,
  softmax as softmaxOf,
  Value,
} from '@pullback/core';

/** A function of all classes: called with a Value a Value, with options or nothing a layer that knows where classes lie. */
export interface ClassActivation {
  (x: Value, options?: AxisOptions): Value;
  (options?: AxisOptions & LayerOptions): Layer<readonly [Value]>;
}

const axisFields = { axis: field.whole() };

/** The options of these as layers. */
export const classFields = { ...axisFields, ...layerFields };

function overClasses(
  name: string,
  source: string,
  f: (x: Value, options: AxisOptions) => Value,
): ClassActivation {
  function activation(x: Value, options?: AxisOptions): Value;
  function activation(options?: AxisOptions & LayerOptions): Layer<readonly [Value]>;
  function activation(
    given: Value | (AxisOptions & LayerOptions) = {},
    along: AxisOptions = {},
  ): Value | Layer<readonly [Value]> {
    if (given instanceof Value) return f(given, checkOptions(name, along, axisFields));
    const { axis, name: label } = checkOptions(name, given, classFields);
    return {
      name,
      label,
      source,
      forward: (scope, x) => f(x, { axis: axis ?? placementOf(scope.layout).classAxis }),
    };
  }
  return activation;
}

/** softmax along the class axis: the last in row layout, the first in column layout. (3.4, 4.3) */
export const softmax = overClasses('softmax', '(3.4)', softmaxOf);

/** log softmax along the class axis, without overflow. */
export const logSoftmax = overClasses('logSoftmax', '(3.4)', logSoftmaxOf);
