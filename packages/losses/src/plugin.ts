import type { Fields } from '@pullback/core';
import { plugin } from '@pullback/plugin';
import { huber, huberFields, logCosh, meanAbsoluteError } from './absolute-errors.ts';
import {
  type BinaryOptions,
  binaryCrossEntropy,
  binaryFields,
  type FocalOptions,
  focalFields,
  sigmoidBinaryCrossEntropy,
  sigmoidFocal,
} from './binary-cross-entropy.ts';
import {
  type CategoricalOptions,
  categoricalCrossEntropy,
  categoricalFields,
  softmaxCrossEntropy,
  softmaxFocal,
  softmaxFocalFields,
} from './categorical-cross-entropy.ts';
import { cosineDistance, kullbackLeibler, poisson, poissonFields } from './divergences.ts';
import { categoricalHinge, hinge, squaredHinge } from './margins.ts';
import { type LossOptions, lossFields } from './reduce.ts';
import {
  type SequenceCrossEntropyOptions,
  sequenceCrossEntropy,
  sequenceCrossEntropyFields,
} from './sequence-cross-entropy.ts';
import { halfSquaredError, meanSquaredError } from './squared-errors.ts';

declare module '@pullback/plugin' {
  interface LossSpecs {
    halfSquaredError: LossOptions;
    meanSquaredError: object;
    meanAbsoluteError: object;
    huber: LossOptions & { readonly delta?: number };
    logCosh: LossOptions;
    binaryCrossEntropy: BinaryOptions;
    sigmoidBinaryCrossEntropy: BinaryOptions;
    sigmoidFocal: FocalOptions;
    categoricalCrossEntropy: CategoricalOptions;
    softmaxCrossEntropy: CategoricalOptions;
    softmaxFocal: CategoricalOptions & { readonly gamma?: number };
    sequenceCrossEntropy: SequenceCrossEntropyOptions;
    hinge: LossOptions;
    squaredHinge: LossOptions;
    categoricalHinge: LossOptions;
    kullbackLeibler: LossOptions;
    cosineDistance: LossOptions;
    poisson: LossOptions & { readonly log?: boolean };
  }
}

const described = (doc: string, options: Fields = lossFields) => ({ doc, options });

/** The losses of this package, by name. */
export const lossesPlugin = plugin(
  ({ loss }) => {
    loss('halfSquaredError', halfSquaredError, described('1/2 sum (t - x)^2'));
    loss('meanSquaredError', () => meanSquaredError(), described('mean (t - x)^2', {}));
    loss('meanAbsoluteError', () => meanAbsoluteError(), described('mean |t - x|', {}));
    loss('huber', huber, described('d^2/2, or delta (|d| - delta/2) beyond delta', huberFields));
    loss('logCosh', logCosh, described('log cosh(x - t)'));
    loss(
      'binaryCrossEntropy',
      binaryCrossEntropy,
      described('-sum (t log x + (1-t) log(1-x))', binaryFields),
    );
    loss(
      'sigmoidBinaryCrossEntropy',
      sigmoidBinaryCrossEntropy,
      described('binary cross entropy of sigmoid(z), from logits', binaryFields),
    );
    loss(
      'sigmoidFocal',
      sigmoidFocal,
      described('binary cross entropy times (1-p)^gamma, from logits', focalFields),
    );
    loss('categoricalCrossEntropy', categoricalCrossEntropy, described('-sum t log x', categoricalFields));
    loss(
      'softmaxCrossEntropy',
      softmaxCrossEntropy,
      described('categorical cross entropy of softmax(z), from logits', categoricalFields),
    );
    loss(
      'softmaxFocal',
      softmaxFocal,
      described('categorical cross entropy times (1-x)^gamma, from logits', softmaxFocalFields),
    );
    loss(
      'sequenceCrossEntropy',
      sequenceCrossEntropy,
      described('categorical cross entropy at each place that counts', sequenceCrossEntropyFields),
    );
    loss('hinge', hinge, described('max(0, 1 - t x)'));
    loss('squaredHinge', squaredHinge, described('max(0, 1 - t x)^2'));
    loss('categoricalHinge', categoricalHinge, described('max(0, 1 + largest other - right)'));
    loss('kullbackLeibler', kullbackLeibler, described('sum t log(t/x)'));
    loss('cosineDistance', cosineDistance, described('1 - cos(x, t)'));
    loss('poisson', poisson, described('x - t log x', poissonFields));
  },
  { name: '@pullback/losses' },
);
