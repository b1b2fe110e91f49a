import {
  type Activation,
  abs,
  activationOf,
  add,
  clip,
  defineActivation,
  defineActivationWith,
  div,
  field,
  mul,
  sigmoid,
  softplus as softplusOf,
  square,
  sub,
  tanh as tanhOf,
} from '@pullback/core';
import { timesShareBelow } from './normal-share.ts';
import { notBelow } from './not-below.ts';

/** The hyperbolic tangent, with derivative 1 - x^2 from its output. (3.1.2) */
export const tanh = activationOf('tanh', tanhOf);

/** x itself. */
export const identity = defineActivation('identity', (x) => x);

/** log(1 + e^x), with derivative sigmoid(x). */
export const softplus: Activation = softplusOf;

/** Further out x / (1 + |x|) is 1 or -1 in float64 too. */
const farther = 1e30;

/** x / (1 + |x|), with derivative 1 / (1 + |x|)^2. Source: Turian, Bergstra and Bengio 2009. */
export const softsign = defineActivation('softsign', {
  forward: (x) => {
    const near = clip(x, -farther, farther);
    return div(near, add(1, abs(near)));
  },
  vjp: (g, { input: x }) => div(g, square(add(1, abs(x)))),
});

/** Further out e^-|x| is 0 in float64 too. */
const far = 1000;

/**
 * x sigmoid(x), with derivative s (1 + x (1 - s)), s = sigmoid(x). The usual y + s (1 - y) is 0 instead of 1 where 1 - y rounds to -y.
 * Source: Elfwing, Uchibe and Doya 2018; also called swish.
 */
export const silu = defineActivation('silu', {
  forward: (x) => mul(notBelow(x, -far), sigmoid(x)),
  vjp: (g, { input: x }) => mul(g, mul(sigmoid(x), add(1, mul(clip(x, -far, far), sub(1, sigmoid(x)))))),
});

/** x tanh(softplus(x)); with t the tangent, t + x (1 - t^2) sigmoid(x) is its derivative. Source: Misra 2019. */
export const mish = defineActivation('mish', {
  forward: (x) => mul(notBelow(x, -far), tanhOf(softplusOf(x))),
  vjp: (g, { input: x }) => {
    const t = tanhOf(softplusOf(x));
    return mul(g, add(t, mul(mul(clip(x, -far, far), sub(1, square(t))), sigmoid(x))));
  },
});

interface GeluOptions {
  readonly approximate: 'none' | 'tanh';
}
export const geluFields = { approximate: field.oneOf('none', 'tanh') };

/**
 * x Phi(x), exact, with derivative Phi(x) + x phi(x); or with `approximate: 'tanh'`
 * x/2 (1 + tanh u) = x sigmoid(2 u), u = sqrt(2/pi) (x + 0.044715 x^3). Neither cancels far below 0. Source: Hendrycks and Gimpel 2016.
 */
export const gelu = defineActivationWith<GeluOptions>(
  'gelu',
  { approximate: 'none' },
  ({ approximate }) =>
    approximate === 'tanh'
      ? (x) => {
          // Beyond 40 the share is 0 or 1 in float64 too, and further out x^3 would overflow.
          const near = clip(x, -40, 40);
          const inner = mul(mul(near, add(1, mul(square(near), 0.044715))), Math.sqrt(2 / Math.PI));
          return mul(notBelow(x, -far), sigmoid(mul(inner, 2)));
        }
      : timesShareBelow,
  geluFields,
);
