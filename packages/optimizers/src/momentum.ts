import {
  add,
  defineOptimizer,
  mul,
  type Optimizer,
  type OptimizerOptions,
  OptionError,
  sub,
} from '@pullback/core';

export interface MomentumOptions extends OptimizerOptions {
  /** How much of the last change is kept, alpha, from 0 to below 1; 0.9 when left out. */
  readonly momentum?: number;
}

const define = defineOptimizer<Required<MomentumOptions>, 'change'>('momentum', {
  slots: { change: 0 },
  update: (weight, gradient, { change }, { learningRate, options }) => {
    const next = sub(mul(change, options.momentum), mul(learningRate, gradient));
    return { weight: add(weight, next), slots: { change: next } };
  },
});

/**
 * The change of the last step goes on: d <- alpha d - eta grad E, W <- W + d.
 * Source: Rumelhart, Hinton and Williams 1986, chapter 8 of PDP volume 1, with alpha about 0.9.
 * @throws OptionError for a learning rate below 0 or an alpha outside of [0, 1).
 */
export function momentum({ learningRate, momentum: alpha = 0.9 }: MomentumOptions): Optimizer {
  if (!(alpha >= 0 && alpha < 1))
    throw new OptionError({ got: `a momentum of ${alpha}`, expected: 'a number from 0 to below 1' });
  return define({ learningRate, momentum: alpha });
}
