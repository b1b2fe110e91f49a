import { add, defineOptimizer, mul, sign, sub } from 'pullback';

// #region optimizer
/** W <- W - eta sign(grad E): every weight moves by the same length. */
export const signDescent = defineOptimizer('signDescent', {
  update: (weight, gradient, slots, { learningRate }) => ({
    weight: sub(weight, mul(learningRate, sign(gradient))),
    slots,
  }),
});
// #endregion

// #region slots
/** The same on a running mean of the gradients, kept in a slot beside each weight. */
export const signMomentum = defineOptimizer('signMomentum', {
  slots: { mean: 0 },
  update: (weight, gradient, { mean }, { learningRate }) => {
    const next = add(mul(mean, 0.9), mul(gradient, 0.1));
    return { weight: sub(weight, mul(learningRate, sign(next))), slots: { mean: next } };
  },
});
// #endregion
