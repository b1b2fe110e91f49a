import {
  abs,
  add,
  checkOptions,
  defineOptimizer,
  div,
  type FieldsOf,
  field,
  maximum,
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

export interface RmspropOptions extends OptimizerOptions {
  /** How much of the average of squares is kept; 0.9 when left out. */
  readonly decay?: number;
  /** 1e-8 when left out. */
  readonly epsilon?: number;
  /** How much of the last change is kept; 0 when left out. */
  readonly momentum?: number;
  /** Divides by the deviation instead of the root mean square. */
  readonly centered?: boolean;
}

/** The options of `rmsprop`. */
export const rmspropFields = {
  ...optimizerFields,
  decay: share,
  epsilon: from0,
  momentum: share,
  centered: field.flag(),
} satisfies FieldsOf<RmspropOptions>;

/**
 * Every weight's rate is divided by the root of the average of its squared gradients: s <- rho s + (1-rho) g^2,
 * d <- alpha d + eta g / (sqrt s + epsilon), W <- W - d; centered, s is lessened by the squared average of g.
 * Source: Tieleman and Hinton 2012, lecture 6.5; centered: Graves 2013.
 * @throws OptionError for a learning rate below 0 or a decay or momentum outside of [0, 1).
 */
export function rmsprop(given: RmspropOptions): Optimizer {
  checkOptions('rmsprop', given, rmspropFields);
  const { decay = 0.9, epsilon = 1e-8, momentum = 0, centered = false, ...options } = given;
  return defineOptimizer<OptimizerOptions, 'squares' | 'mean' | 'change'>('rmsprop', {
    slots: { squares: 0, mean: 0, change: 0 },
    update: (weight, g, { squares, mean, change }, { learningRate }) => {
      const s = average(squares, square(g), decay);
      const m = centered ? average(mean, g, decay) : mean;
      // s - m^2 as (sqrt s - |m|) (sqrt s + |m|): rounded below 0 it has no root, and a square that overflowed stays infinite.
      const [root, size] = [sqrt(s), abs(m)];
      const deviation = centered ? sqrt(mul(maximum(sub(root, size), 0), add(root, size))) : root;
      const scale = add(deviation, epsilon);
      const d = add(mul(change, momentum), div(mul(learningRate, g), scale));
      return { weight: sub(weight, d), slots: { squares: s, mean: m, change: d } };
    },
  })(options);
}
