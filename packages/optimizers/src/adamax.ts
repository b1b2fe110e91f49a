import {
  abs,
  add,
  defineOptimizer,
  div,
  maximum,
  mul,
  type Optimizer,
  type OptimizerOptions,
  sub,
} from '@pullback/core';
import { average } from './average.ts';
import { type AdamOptions, correction, readMoments } from './moments.ts';

/**
 * Adam with the largest gradient in place of the root mean square: u <- max(b2 u, |g|), W <- W - eta / (1 - b1^t) m / (u + epsilon).
 * Source: Kingma and Ba 2015, section 7.1.
 * @throws OptionError as adam.
 */
export function adamax(given: AdamOptions): Optimizer {
  const [options, { beta1, beta2, epsilon }] = readMoments('adamax', given);
  return defineOptimizer<OptimizerOptions, 'first' | 'largest'>('adamax', {
    slots: { first: 0, largest: 0 },
    update: (weight, g, slots, { learningRate, step }) => {
      const first = average(slots.first, g, beta1);
      const largest = maximum(mul(slots.largest, beta2), abs(g));
      const rate = div(learningRate, correction(step, beta1, g));
      return { weight: sub(weight, mul(rate, div(first, add(largest, epsilon)))), slots: { first, largest } };
    },
  })(options);
}
