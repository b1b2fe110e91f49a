import { add, defineActivation, mul, sigmoid, sub } from 'pullback';

// #region derived
export const swish = defineActivation('swish', (x) => mul(x, sigmoid(x)));
// #endregion

// #region written
/** The same with its derivative written down, y + sigmoid(x) (1 - y), which saves a few products. */
export const swishByHand = defineActivation('swish', {
  forward: (x) => mul(x, sigmoid(x)),
  vjp: (gradient, { input: x, output: y }) => mul(gradient, add(y, mul(sigmoid(x), sub(1, y)))),
});
// #endregion
