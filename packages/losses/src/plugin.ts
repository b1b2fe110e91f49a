import { plugin } from '@pullback/plugin';
import * as v from 'valibot';
import { huber, logCosh, meanAbsoluteError } from './absolute-errors.ts';
import {
  type BinaryOptions,
  binaryCrossEntropy,
  type FocalOptions,
  sigmoidBinaryCrossEntropy,
  sigmoidFocal,
} from './binary-cross-entropy.ts';
import {
  type CategoricalOptions,
  categoricalCrossEntropy,
  softmaxCrossEntropy,
  softmaxFocal,
} from './categorical-cross-entropy.ts';
import { cosineDistance, kullbackLeibler, poisson } from './divergences.ts';
import { categoricalHinge, hinge, squaredHinge } from './margins.ts';
import type { LossOptions } from './reduce.ts';
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
    hinge: LossOptions;
    squaredHinge: LossOptions;
    categoricalHinge: LossOptions;
    kullbackLeibler: LossOptions;
    cosineDistance: LossOptions;
    poisson: LossOptions & { readonly log?: boolean };
  }
}

const number = v.optional(v.number());
const base = { reduction: v.optional(v.picklist(['sum', 'mean'])) };
const binary = { ...base, labelSmoothing: number };
const categorical = { ...binary, classWeights: v.optional(v.array(v.number())) };
const described = (doc: string, entries: v.ObjectEntries = base) => ({
  doc,
  options: v.strictObject(entries),
});

/** The losses of this package, by name. */
export const lossesPlugin = plugin(
  ({ loss }) => {
    loss('halfSquaredError', halfSquaredError, described('1/2 sum (t - x)^2'));
    loss('meanSquaredError', meanSquaredError, described('mean (t - x)^2', {}));
    loss('meanAbsoluteError', meanAbsoluteError, described('mean |t - x|', {}));
    loss(
      'huber',
      huber,
      described('d^2/2, or delta (|d| - delta/2) beyond delta', { ...base, delta: number }),
    );
    loss('logCosh', logCosh, described('log cosh(x - t)'));
    loss('binaryCrossEntropy', binaryCrossEntropy, described('-sum (t log x + (1-t) log(1-x))', binary));
    loss(
      'sigmoidBinaryCrossEntropy',
      sigmoidBinaryCrossEntropy,
      described('binary cross entropy of sigmoid(z), from logits', binary),
    );
    loss(
      'sigmoidFocal',
      sigmoidFocal,
      described('binary cross entropy times (1-p)^gamma, from logits', {
        ...base,
        gamma: number,
        alpha: number,
      }),
    );
    loss('categoricalCrossEntropy', categoricalCrossEntropy, described('-sum t log x', categorical));
    loss(
      'softmaxCrossEntropy',
      softmaxCrossEntropy,
      described('categorical cross entropy of softmax(z), from logits', categorical),
    );
    loss(
      'softmaxFocal',
      softmaxFocal,
      described('categorical cross entropy times (1-x)^gamma, from logits', {
        ...categorical,
        gamma: number,
      }),
    );
    loss('hinge', hinge, described('max(0, 1 - t x)'));
    loss('squaredHinge', squaredHinge, described('max(0, 1 - t x)^2'));
    loss('categoricalHinge', categoricalHinge, described('max(0, 1 + largest other - right)'));
    loss('kullbackLeibler', kullbackLeibler, described('sum t log(t/x)'));
    loss('cosineDistance', cosineDistance, described('1 - cos(x, t)'));
    loss('poisson', poisson, described('x - t log x', { ...base, log: v.optional(v.boolean()) }));
  },
  { name: '@pullback/losses' },
);
