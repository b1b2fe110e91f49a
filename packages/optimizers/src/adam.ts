import {
  add,
  defineOptimizer,
  div,
  maximum,
  mul,
  type Optimizer,
  type OptimizerOptions,
  sqrt,
  square,
  sub,
  type Value,
} from '@pullback/core';
import { average } from './average.ts';
import { type AdamOptions, correction, decayedFields, type Moments, readMoments } from './moments.ts';

/** m / (1 - beta1^t) and v / (1 - beta2^t), with the averages that they come from. */
function moments(m: Value, v: Value, g: Value, step: Value, { beta1, beta2 }: Moments) {
  const [first, second] = [average(m, g, beta1), average(v, square(g), beta2)];
  return {
    first,
    second,
    unbiasedFirst: div(first, correction(step, beta1, g)),
    unbiasedSecond: div(second, correction(step, beta2, g)),
  };
}

/**
 * Averages of the gradient and of its square, both freed of their start at 0: m <- b1 m + (1-b1) g, v <- b2 v + (1-b2) g^2,
 * W <- W - eta m' / (sqrt v' + epsilon) with m' = m / (1 - b1^t), v' = v / (1 - b2^t), t from 1. Source: Kingma and Ba 2015.
 * @throws OptionError for a learning rate or epsilon below 0 or a beta outside of [0, 1).
 */
export function adam(given: AdamOptions): Optimizer {
  const [options, rates] = readMoments('adam', given);
  return defineOptimizer<OptimizerOptions, 'first' | 'second'>('adam', {
    slots: { first: 0, second: 0 },
    update: (weight, g, slots, { learningRate, step }) => {
      const { first, second, unbiasedFirst, unbiasedSecond } = moments(
        slots.first,
        slots.second,
        g,
        step,
        rates,
      );
      const change = div(unbiasedFirst, add(sqrt(unbiasedSecond), rates.epsilon));
      return { weight: sub(weight, mul(learningRate, change)), slots: { first, second } };
    },
  })(options);
}

/**
 * Adam whose divisor never falls: the largest v' so far takes the place of v'. Source: Reddi, Kale and Kumar 2018.
 * @throws OptionError as adam.
 */
export function amsgrad(given: AdamOptions): Optimizer {
  const [options, rates] = readMoments('amsgrad', given);
  return defineOptimizer<OptimizerOptions, 'first' | 'second' | 'largest'>('amsgrad', {
    slots: { first: 0, second: 0, largest: 0 },
    update: (weight, g, slots, { learningRate, step }) => {
      const { first, second, unbiasedFirst } = moments(slots.first, slots.second, g, step, rates);
      const largest = maximum(slots.largest, second);
      const change = div(
        unbiasedFirst,
        add(sqrt(div(largest, correction(step, rates.beta2, g))), rates.epsilon),
      );
      return { weight: sub(weight, mul(learningRate, change)), slots: { first, second, largest } };
    },
  })(options);
}

export interface AdamwOptions extends AdamOptions {
  /** How much of each weight is taken off in a step, times the learning rate; 0.01 when left out. */
  readonly weightDecay?: number;
}

/**
 * Adam with weight decay beside the gradient instead of in it: W <- W - eta (m' / (sqrt v' + epsilon) + lambda W).
 * Source: Loshchilov and Hutter 2019.
 * @throws OptionError as adam.
 */
export function adamw(given: AdamwOptions): Optimizer {
  const [options, rates] = readMoments('adamw', given, { fields: decayedFields });
  const { weightDecay = 0.01 } = given;
  return defineOptimizer<OptimizerOptions, 'first' | 'second'>('adamw', {
    slots: { first: 0, second: 0 },
    update: (weight, g, slots, { learningRate, step }) => {
      const { first, second, unbiasedFirst, unbiasedSecond } = moments(
        slots.first,
        slots.second,
        g,
        step,
        rates,
      );
      const change = div(unbiasedFirst, add(sqrt(unbiasedSecond), rates.epsilon));
      return {
        weight: sub(weight, mul(learningRate, add(change, mul(weight, weightDecay)))),
        slots: { first, second },
      };
    },
  })(options);
}

/**
 * Adam with Nesterov's look ahead: b1 m'' + (1-b1) g / (1 - b1^t) takes the place of m', with m'' = m / (1 - b1^(t+1)).
 * Source: Dozat 2016, with a constant b1.
 * @throws OptionError as adam.
 */
export function nadam(given: AdamOptions): Optimizer {
  const [options, rates] = readMoments('nadam', given);
  return defineOptimizer<OptimizerOptions, 'first' | 'second'>('nadam', {
    slots: { first: 0, second: 0 },
    update: (weight, g, slots, { learningRate, step }) => {
      const { first, second, unbiasedSecond } = moments(slots.first, slots.second, g, step, rates);
      const ahead = add(
        div(mul(first, rates.beta1), correction(add(step, 1), rates.beta1, g)),
        div(mul(g, 1 - rates.beta1), correction(step, rates.beta1, g)),
      );
      const change = div(ahead, add(sqrt(unbiasedSecond), rates.epsilon));
      return { weight: sub(weight, mul(learningRate, change)), slots: { first, second } };
    },
  })(options);
}
