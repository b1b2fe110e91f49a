import type { OptimizerOptions } from '@pullback/core';
import { plugin } from '@pullback/plugin';
import * as v from 'valibot';
import { type MomentumOptions, momentum } from './momentum.ts';
import { sgd } from './sgd.ts';

declare module '@pullback/plugin' {
  interface OptimizerSpecs {
    sgd: OptimizerOptions;
    momentum: MomentumOptions;
  }
}

const learningRate = v.number();

/** The optimizers of this package, by name. */
export const optimizersPlugin = plugin(
  ({ optimizer }) => {
    optimizer('sgd', sgd, { options: v.strictObject({ learningRate }), doc: 'W <- W - eta grad E' });
    optimizer('momentum', momentum, {
      options: v.strictObject({ learningRate, momentum: v.optional(v.number()) }),
      doc: 'd <- alpha d - eta grad E, W <- W + d',
    });
  },
  { name: '@pullback/optimizers' },
);
