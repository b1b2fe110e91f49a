import { add, defineActivation, mul, sigmoid, sub } from 'pullback';

// #region derived
export const swish = defineActivation('swish', (x) => mul(x, sigmoid(x)));
// #endregion

// #region written
/** The same with its derivative written down, s (1 + x (1 - s)) with s = sigmoid(x). */
export const swishByHand = defineActivation('swish', {
  forward: (x) => mul(x, sigmoid(x)),
  vjp: (gradient, { input: x }) => {
    const s = sigmoid(x);
    return mul(gradient, mul(s, add(1, mul(x, sub(1, s)))));
  },
});
// #endregion
