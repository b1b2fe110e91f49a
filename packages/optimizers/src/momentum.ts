import { add, defineOptimizer, mul, type OptimizerOptions, sub } from '@pullback/core';

export interface MomentumOptions extends OptimizerOptions {
  /** How much of the last change is kept, alpha; 0.9 when left out. */
  readonly momentum?: number;
}

/**
 * The change of the last step goes on: d <- alpha d - eta grad E, W <- W + d.
 * Source: Rumelhart, Hinton and Williams 1986, chapter 8 of PDP volume 1, with alpha about 0.9.
 */
export const momentum = defineOptimizer<MomentumOptions, 'change'>('momentum', {
  slots: { change: 0 },
  update: (weight, gradient, { change }, { learningRate, options }) => {
    const next = sub(mul(change, options.momentum ?? 0.9), mul(learningRate, gradient));
    return { weight: add(weight, next), slots: { change: next } };
  },
});
