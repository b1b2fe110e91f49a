import { add, cast, expm1, fill, mul, neg, type OptimizerOptions, type Value } from '@pullback/core';
import { checkRange } from './options.ts';

export interface AdamOptions extends OptimizerOptions {
  /** How much of the average of gradients is kept; 0.9 when left out. */
  readonly beta1?: number;
  /** How much of the average of squares is kept; 0.999 when left out. */
  readonly beta2?: number;
  /** Keeps the divisor from 0; 1e-8 when left out. */
  readonly epsilon?: number;
}

export interface Moments {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** The options of every optimizer with two moments, checked. */
export function readMoments({
  beta1 = 0.9,
  beta2 = 0.999,
  epsilon = 1e-8,
  ...options
}: AdamOptions): [OptimizerOptions, Moments] {
  checkRange('a beta1 of', beta1, 0, 1);
  checkRange('a beta2 of', beta2, 0, 1);
  checkRange('an epsilon of', epsilon, 0, Infinity);
  return [options, { beta1, beta2, epsilon }];
}

/** 1 - beta^t = -(e^(t log beta) - 1), for the step before which there were `step`: t = step + 1. */
export function correction(step: Value, beta: number, like: Value): Value {
  const t = add(cast(step, like.dtype), 1);
  return beta === 0 ? fill(1, [], t.dtype) : neg(expm1(mul(t, Math.log(beta))));
}
