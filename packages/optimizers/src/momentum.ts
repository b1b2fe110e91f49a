import {
  add,
  checkOptions,
  defineOptimizer,
  type FieldsOf,
  field,
  mul,
  type Optimizer,
  type OptimizerOptions,
  optimizerFields,
  sub,
} from '@pullback/core';
import { share } from './shares.ts';

export interface MomentumOptions extends OptimizerOptions {
  /** How much of the last change is kept, alpha, from 0 to below 1; 0.9 when left out. */
  readonly momentum?: number;
  /** Looks ahead: the change that would follow is added, too. */
  readonly nesterov?: boolean;
}

const define = defineOptimizer<Required<Omit<MomentumOptions, 'schedule'>> & OptimizerOptions, 'change'>(
  'momentum',
  {
    slots: { change: 0 },
    update: (weight, gradient, { change }, { learningRate, options: { momentum: alpha, nesterov } }) => {
      const push = mul(learningRate, gradient);
      const next = sub(mul(change, alpha), push);
      const moved = nesterov ? sub(mul(next, alpha), push) : next;
      return { weight: add(weight, moved), slots: { change: next } };
    },
  },
);

/** The options of `momentum`. */
export const momentumFields = {
  ...optimizerFields,
  momentum: share,
  nesterov: field.flag(),
} satisfies FieldsOf<MomentumOptions>;

/**
 * The change of the last step goes on: d <- alpha d - eta g, W <- W + d; with `nesterov` W <- W + alpha d - eta g.
 * Source: Rumelhart, Hinton and Williams 1986, chapter 8 of PDP volume 1, with alpha about 0.9; Sutskever et al. 2013.
 * @throws OptionError for a learning rate below 0 or an alpha outside of [0, 1).
 */
export function momentum(given: MomentumOptions): Optimizer {
  checkOptions('momentum', given, momentumFields);
  const { momentum: alpha = 0.9, nesterov = false, ...options } = given;
  return define({ ...options, momentum: alpha, nesterov });
}
