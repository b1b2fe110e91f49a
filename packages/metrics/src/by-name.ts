import { accuracy, binaryAccuracy, categoricalAccuracy } from './accuracy.ts';
import { auc } from './auc.ts';
import { cosineSimilarity } from './cosine-similarity.ts';
import {
  meanAbsoluteDistance,
  meanAbsolutePercentageError,
  meanSquaredDistance,
  meanSquaredLogarithmicError,
  rootMeanSquaredDistance,
} from './distances.ts';
import type { WeightedOptions } from './options.ts';
import { f1, precision, recall } from './precision-recall.ts';
import { r2 } from './r2.ts';
import { topK } from './top-k.ts';

/** The metrics of this package by name: their factories, and what each is in words. */
export const metricsByName = {
  accuracy: { create: accuracy, doc: 'the share of samples that are right' },
  categoricalAccuracy: { create: categoricalAccuracy, doc: 'the same for several classes' },
  binaryAccuracy: {
    create: binaryAccuracy,
    doc: 'the share of components on the right side of the threshold',
  },
  topK: {
    create: ({ k, ...options }: WeightedOptions & { readonly k: number }) => topK(k, options),
    doc: 'the share of samples whose class is among the k largest',
  },
  precision: { create: precision, doc: 'right positives among those that were called so' },
  recall: { create: recall, doc: 'right positives among those that are' },
  f1: { create: f1, doc: 'the harmonic mean of precision and recall' },
  auc: { create: auc, doc: 'the area under the ROC curve, by ranks' },
  meanSquaredError: { create: meanSquaredDistance, doc: 'mean (x - t)^2' },
  meanAbsoluteError: { create: meanAbsoluteDistance, doc: 'mean |x - t|' },
  rootMeanSquaredError: { create: rootMeanSquaredDistance, doc: 'sqrt mean (x - t)^2' },
  meanAbsolutePercentageError: { create: meanAbsolutePercentageError, doc: 'mean |x - t| / |t|' },
  meanSquaredLogarithmicError: {
    create: meanSquaredLogarithmicError,
    doc: 'mean (log(1 + x) - log(1 + t))^2',
  },
  cosineSimilarity: { create: cosineSimilarity, doc: 'mean of sum x t / (|x| |t|)' },
  r2: { create: r2, doc: '1 - sum (x - t)^2 / sum (t - mean t)^2' },
} as const;

type ByName = typeof metricsByName;

/** The options of each, by its name. */
export type MetricOptions = {
  readonly [N in keyof ByName]: NonNullable<Parameters<ByName[N]['create']>[0]>;
};
