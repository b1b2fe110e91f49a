import { dense, type Initializer, type Layer, sigmoid, type Value } from 'pullback';

/** Logistic units with biases, o = 1 / (1 + exp(-(sum w o + bias))), each linked to all that the layer is applied to. */
export function units(count: number, name: string, start: Initializer): Layer<readonly [Value]> {
  return dense(count, { name, activation: sigmoid, kernelInitializer: start, biasInitializer: start });
}
