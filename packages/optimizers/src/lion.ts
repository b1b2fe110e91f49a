import { add, defineOptimizer, mul, type Optimizer, type OptimizerOptions, sign, sub } from '@pullback/core';
import { average } from './average.ts';
import { checkRange } from './options.ts';

export interface LionOptions extends OptimizerOptions {
  /** 0.9 when left out. */
  readonly beta1?: number;
  /** 0.99 when left out. */
  readonly beta2?: number;
  /** How much of each weight is taken off in a step, times the learning rate; 0 when left out. */
  readonly weightDecay?: number;
}

/**
 * Steps of one size in the direction of sign(b1 m + (1-b1) g): W <- W - eta (sign(...) + lambda W), then
 * m <- b2 m + (1-b2) g. Source: Chen et al. 2023, algorithm 2.
 * @throws OptionError for a learning rate below 0 or a beta outside of [0, 1).
 */
export function lion({ beta1 = 0.9, beta2 = 0.99, weightDecay = 0, ...options }: LionOptions): Optimizer {
  checkRange('a beta1 of', beta1, 0, 1);
  checkRange('a beta2 of', beta2, 0, 1);
  checkRange('a weight decay of', weightDecay, 0, Infinity);
  return defineOptimizer<OptimizerOptions, 'first'>('lion', {
    slots: { first: 0 },
    update: (weight, g, { first }, { learningRate }) => {
      const change = add(sign(average(first, g, beta1)), mul(weight, weightDecay));
      return { weight: sub(weight, mul(learningRate, change)), slots: { first: average(first, g, beta2) } };
    },
  })(options);
}
