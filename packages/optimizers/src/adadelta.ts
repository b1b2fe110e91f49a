import {
  add,
  checkOptions,
  defineOptimizer,
  div,
  type FieldsOf,
  mul,
  type Optimizer,
  type OptimizerOptions,
  optimizerFields,
  sqrt,
  square,
  sub,
} from '@pullback/core';
import { average } from './average.ts';
import { from0, share } from './shares.ts';

export interface AdadeltaOptions extends Partial<OptimizerOptions> {
  /** How much of the averages is kept; 0.95 when left out. */
  readonly decay?: number;
  /** 1e-6 when left out. */
  readonly epsilon?: number;
}

/** The options of `adadelta`. */
export const adadeltaFields = {
  ...optimizerFields,
  learningRate: from0,
  decay: share,
  epsilon: from0,
} satisfies FieldsOf<AdadeltaOptions>;

/**
 * Steps in the weights' own unit: s <- rho s + (1-rho) g^2, d = sqrt(u + epsilon) / sqrt(s + epsilon) g, u <- rho u + (1-rho) d^2,
 * W <- W - eta d, with eta 1. Source: Zeiler 2012.
 * @throws OptionError for a learning rate below 0 or a decay outside of [0, 1).
 */
export function adadelta(given: AdadeltaOptions = {}): Optimizer {
  checkOptions('adadelta', given, adadeltaFields);
  const { learningRate = 1, decay = 0.95, epsilon = 1e-6, ...options } = given;
  return defineOptimizer<OptimizerOptions, 'squares' | 'changes'>('adadelta', {
    slots: { squares: 0, changes: 0 },
    update: (weight, g, { squares, changes }, { learningRate: rate }) => {
      const s = average(squares, square(g), decay);
      const d = mul(div(sqrt(add(changes, epsilon)), sqrt(add(s, epsilon))), g);
      return {
        weight: sub(weight, mul(rate, d)),
        slots: { squares: s, changes: average(changes, square(d), decay) },
      };
    },
  })({ learningRate, ...options });
}
