import {
  add,
  cast,
  checkOptions,
  expm1,
  type Fields,
  type FieldsOf,
  fill,
  mul,
  neg,
  type OptimizerOptions,
  optimizerFields,
  type Value,
} from '@pullback/core';
import { from0, share } from './shares.ts';

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

/** The options of every optimizer with two moments. */
export const adamFields = {
  ...optimizerFields,
  beta1: share,
  beta2: share,
  epsilon: from0,
} satisfies FieldsOf<AdamOptions>;

/** Those of `adamw` and `lamb`. */
export const decayedFields = { ...adamFields, weightDecay: from0 };

/** The options of an optimizer with two moments, checked and completed. */
export function readMoments(
  name: string,
  given: AdamOptions,
  { fields = adamFields, small = 1e-8 }: { readonly fields?: Fields; readonly small?: number } = {},
): [OptimizerOptions, Moments] {
  checkOptions(name, given, fields);
  const { beta1 = 0.9, beta2 = 0.999, epsilon = small, learningRate, schedule } = given;
  return [
    { learningRate, ...(schedule && { schedule }) },
    { beta1, beta2, epsilon },
  ];
}

/** 1 - beta^t = -(e^(t log beta) - 1), for the step before which there were `step`: t = step + 1. */
export function correction(step: Value, beta: number, like: Value): Value {
  const t = add(cast(step, like.dtype), 1);
  return beta === 0 ? fill(1, [], t.dtype) : neg(expm1(mul(t, Math.log(beta))));
}
