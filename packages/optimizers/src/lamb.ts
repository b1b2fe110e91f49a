import {
  add,
  and,
  defineOptimizer,
  div,
  greater,
  mul,
  norm,
  type Optimizer,
  type OptimizerOptions,
  select,
  sqrt,
  square,
  sub,
} from '@pullback/core';
import { average } from './average.ts';
import { type AdamOptions, correction, decayedFields, readMoments } from './moments.ts';

export interface LambOptions extends AdamOptions {
  /** How much of each weight goes into the change; 0 when left out. */
  readonly weightDecay?: number;
}

/**
 * Adam's change r = m' / (sqrt v' + epsilon) + lambda W, scaled for each parameter to the length of its weights:
 * W <- W - eta |W| / |r| r, with the ratio 1 where either is 0. Source: You et al. 2020, algorithm 2.
 * @throws OptionError as adam.
 */
export function lamb(given: LambOptions): Optimizer {
  const [options, rates] = readMoments('lamb', given, { fields: decayedFields, small: 1e-6 });
  const { weightDecay = 0 } = given;
  return defineOptimizer<OptimizerOptions, 'first' | 'second'>('lamb', {
    slots: { first: 0, second: 0 },
    update: (weight, g, slots, { learningRate, step }) => {
      const [first, second] = [
        average(slots.first, g, rates.beta1),
        average(slots.second, square(g), rates.beta2),
      ];
      const unbiased = div(first, correction(step, rates.beta1, g));
      const scale = add(sqrt(div(second, correction(step, rates.beta2, g))), rates.epsilon);
      const change = add(div(unbiased, scale), mul(weight, weightDecay));
      const [lengthOfWeight, lengthOfChange] = [norm(weight), norm(change)];
      const both = and(greater(lengthOfWeight, 0), greater(lengthOfChange, 0));
      const trust = select(both, div(lengthOfWeight, select(both, lengthOfChange, 1)), 1);
      return { weight: sub(weight, mul(mul(learningRate, trust), change)), slots: { first, second } };
    },
  })(options);
}
