import { accuracy, binaryAccuracy, binaryFields, categoricalAccuracy } from './accuracy.ts';
import { auc, aucFields } from './auc.ts';
import { cosineSimilarity } from './cosine-similarity.ts';
import {
  meanAbsoluteDistance,
  meanAbsolutePercentageError,
  meanSquaredDistance,
  meanSquaredLogarithmicError,
  rootMeanSquaredDistance,
} from './distances.ts';
import { type WeightedOptions, weightedFields } from './options.ts';
import { bitsPerSymbol, perplexity, placesFields } from './perplexity.ts';
import { f1, precision, precisionRecallFields, recall } from './precision-recall.ts';
import { r2, r2Fields } from './r2.ts';
import { topK, topKFields } from './top-k.ts';

/** The metrics of this package by name: their factories, the options that these take, and what each is in words. */
export const metricsByName = {
  accuracy: { create: accuracy, options: weightedFields, doc: 'the share of samples that are right' },
  categoricalAccuracy: {
    create: categoricalAccuracy,
    options: weightedFields,
    doc: 'the same for several classes',
  },
  binaryAccuracy: {
    create: binaryAccuracy,
    options: binaryFields,
    doc: 'the share of components on the right side of the threshold',
  },
  topK: {
    create: ({ k, ...options }: WeightedOptions & { readonly k: number }) => topK(k, options),
    options: topKFields,
    doc: 'the share of samples whose class is among the k largest',
  },
  precision: {
    create: precision,
    options: precisionRecallFields,
    doc: 'right positives among those that were called so',
  },
  recall: { create: recall, options: precisionRecallFields, doc: 'right positives among those that are' },
  f1: { create: f1, options: precisionRecallFields, doc: 'the harmonic mean of precision and recall' },
  auc: { create: auc, options: aucFields, doc: 'the area under the ROC curve, by ranks' },
  meanSquaredError: { create: meanSquaredDistance, options: weightedFields, doc: 'mean (x - t)^2' },
  meanAbsoluteError: { create: meanAbsoluteDistance, options: weightedFields, doc: 'mean |x - t|' },
  rootMeanSquaredError: {
    create: rootMeanSquaredDistance,
    options: weightedFields,
    doc: 'sqrt mean (x - t)^2',
  },
  meanAbsolutePercentageError: {
    create: meanAbsolutePercentageError,
    options: weightedFields,
    doc: 'mean |x - t| / |t|',
  },
  meanSquaredLogarithmicError: {
    create: meanSquaredLogarithmicError,
    options: weightedFields,
    doc: 'mean (log(1 + x) - log(1 + t))^2',
  },
  cosineSimilarity: { create: cosineSimilarity, options: weightedFields, doc: 'mean of sum x t / (|x| |t|)' },
  perplexity: {
    create: perplexity,
    options: placesFields,
    doc: 'e^h, h the mean of -log p of the right class over all places',
  },
  bitsPerSymbol: {
    create: bitsPerSymbol,
    options: placesFields,
    doc: 'mean of -log2 p of the right class over all places',
  },
  r2: { create: r2, options: r2Fields, doc: '1 - sum (x - t)^2 / sum (t - mean t)^2' },
} as const;

type ByName = typeof metricsByName;

/** The options of each, by its name. */
export type MetricOptions = {
  readonly [N in keyof ByName]: NonNullable<Parameters<ByName[N]['create']>[0]>;
};
