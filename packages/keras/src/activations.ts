import { add, clip, exp, maximum, minimum, mul, type Value } from '@pullback/core';
import {
  elu,
  gelu,
  mish,
  relu,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  tanh,
} from '@pullback/layers';

export type Transform = (x: Value) => Value;

/** The activations of Keras by name. Source: keras/src/activations. */
export const activations: Readonly<Record<string, Transform>> = {
  linear: (x) => x,
  relu: (x) => relu(x),
  relu6: (x) => clip(x, 0, 6),
  sigmoid: (x) => sigmoid(x),
  tanh: (x) => tanh(x),
  softmax: (x) => softmax(x),
  elu: (x) => elu(x),
  selu: (x) => selu(x),
  softplus: (x) => softplus(x),
  softsign: (x) => softsign(x),
  swish: (x) => silu(x),
  silu: (x) => silu(x),
  mish: (x) => mish(x),
  gelu: (x) => gelu(x),
  exponential: (x) => exp(x),
  // Of Keras 2 and TensorFlow.js; Keras 3 has another slope.
  hard_sigmoid: (x) => clip(add(mul(x, 0.2), 0.5), 0, 1),
};

/** x from the threshold on, at most the largest; below it slope (x - threshold). */
export function reluOf(largest: number, slope: number): Transform {
  return (x) => {
    const bounded = largest === Number.POSITIVE_INFINITY ? maximum(x, 0) : clip(x, 0, largest);
    return slope === 0 ? bounded : add(bounded, mul(minimum(x, 0), slope));
  };
}
