import {
  add,
  checkOptions,
  defineOptimizer,
  type FieldsOf,
  mul,
  type Optimizer,
  type OptimizerOptions,
  optimizerFields,
  sign,
  sub,
} from '@pullback/core';
import { average } from './average.ts';
import { from0, share } from './shares.ts';

export interface LionOptions extends OptimizerOptions {
  /** 0.9 when left out. */
  readonly beta1?: number;
  /** 0.99 when left out. */
  readonly beta2?: number;
  /** How much of each weight is taken off in a step, times the learning rate; 0 when left out. */
  readonly weightDecay?: number;
}

/** The options of `lion`. */
export const lionFields = {
  ...optimizerFields,
  beta1: share,
  beta2: share,
  weightDecay: from0,
} satisfies FieldsOf<LionOptions>;

/**
 * Steps of one size in the direction of sign(b1 m + (1-b1) g): W <- W - eta (sign(...) + lambda W), then
 * m <- b2 m + (1-b2) g. Source: Chen et al. 2023, algorithm 2.
 * @throws OptionError for a learning rate below 0 or a beta outside of [0, 1).
 */
export function lion(given: LionOptions): Optimizer {
  checkOptions('lion', given, lionFields);
  const { beta1 = 0.9, beta2 = 0.99, weightDecay = 0, ...options } = given;
  return defineOptimizer<OptimizerOptions, 'first'>('lion', {
    slots: { first: 0 },
    update: (weight, g, { first }, { learningRate }) => {
      const change = add(sign(average(first, g, beta1)), mul(weight, weightDecay));
      return { weight: sub(weight, mul(learningRate, change)), slots: { first: average(first, g, beta2) } };
    },
  })(options);
}
