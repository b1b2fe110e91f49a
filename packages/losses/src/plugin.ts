import { plugin } from '@pullback/plugin';
import * as v from 'valibot';
import { binaryCrossEntropy, sigmoidBinaryCrossEntropy } from './binary-cross-entropy.ts';
import { categoricalCrossEntropy, softmaxCrossEntropy } from './categorical-cross-entropy.ts';
import type { LossOptions } from './reduce.ts';
import { halfSquaredError, meanSquaredError } from './squared-errors.ts';

declare module '@pullback/plugin' {
  interface LossSpecs {
    halfSquaredError: LossOptions;
    meanSquaredError: object;
    binaryCrossEntropy: LossOptions;
    sigmoidBinaryCrossEntropy: LossOptions;
    categoricalCrossEntropy: LossOptions;
    softmaxCrossEntropy: LossOptions;
  }
}

const options = v.strictObject({ reduction: v.optional(v.picklist(['sum', 'mean'])) });

/** The losses of this package, by name. */
export const lossesPlugin = plugin(
  ({ loss }) => {
    loss('halfSquaredError', halfSquaredError, { options, doc: '1/2 sum (t - x)^2' });
    loss('meanSquaredError', meanSquaredError, { options: v.strictObject({}), doc: 'mean (t - x)^2' });
    loss('binaryCrossEntropy', binaryCrossEntropy, { options, doc: '-sum (t log x + (1-t) log(1-x))' });
    loss('sigmoidBinaryCrossEntropy', sigmoidBinaryCrossEntropy, {
      options,
      doc: 'binary cross entropy of sigmoid(z), from logits',
    });
    loss('categoricalCrossEntropy', categoricalCrossEntropy, { options, doc: '-sum t log x' });
    loss('softmaxCrossEntropy', softmaxCrossEntropy, {
      options,
      doc: 'categorical cross entropy of softmax(z), from logits',
    });
  },
  { name: '@pullback/losses' },
);
