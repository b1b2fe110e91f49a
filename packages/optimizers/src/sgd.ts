import { defineOptimizer, mul, sub } from '@pullback/core';

/** W <- W - eta grad E, all W at once. (after 2.6) */
export const sgd = defineOptimizer('sgd', {
  fields: {},
  update: (weight, gradient, slots, { learningRate }) => ({
    weight: sub(weight, mul(learningRate, gradient)),
    slots,
  }),
});
