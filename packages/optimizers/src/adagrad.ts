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
import { from0 } from './shares.ts';

export interface AdagradOptions extends OptimizerOptions {
  /** Keeps the divisor from 0; 1e-10 when left out. */
  readonly epsilon?: number;
  /** Where the sum of squares starts; 0 when left out. */
  readonly initial?: number;
}

/** The options of `adagrad`. */
export const adagradFields = {
  ...optimizerFields,
  epsilon: from0,
  initial: from0,
} satisfies FieldsOf<AdagradOptions>;

/**
 * Every weight's rate falls with the sum of its squared gradients: s <- s + g^2, W <- W - eta g / (sqrt s + epsilon).
 * Source: Duchi, Hazan and Singer 2011.
 * @throws OptionError for a learning rate or epsilon below 0.
 */
export function adagrad(given: AdagradOptions): Optimizer {
  checkOptions('adagrad', given, adagradFields);
  const { epsilon = 1e-10, initial = 0, ...options } = given;
  return defineOptimizer<OptimizerOptions, 'squares'>('adagrad', {
    slots: { squares: initial },
    update: (weight, g, { squares }, { learningRate }) => {
      const s = add(squares, square(g));
      return { weight: sub(weight, div(mul(learningRate, g), add(sqrt(s), epsilon))), slots: { squares: s } };
    },
  })(options);
}
