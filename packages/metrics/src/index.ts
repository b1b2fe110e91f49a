export { accuracy, binaryAccuracy, categoricalAccuracy } from './accuracy.ts';
export { type AucOptions, auc } from './auc.ts';
export type { Average } from './averages.ts';
export { type MetricOptions, metricsByName } from './by-name.ts';
export { type ConfusionOptions, confusionMatrix } from './confusion-matrix.ts';
export { cosineSimilarity } from './cosine-similarity.ts';
export type { DecisionOptions } from './decision.ts';
export {
  meanAbsoluteDistance,
  meanAbsolutePercentageError,
  meanSquaredDistance,
  meanSquaredLogarithmicError,
  rootMeanSquaredDistance,
} from './distances.ts';
export type { WeightedOptions } from './options.ts';
export { bitsPerSymbol, type PlacesOptions, perplexity } from './perplexity.ts';
export { f1, type PrecisionRecallOptions, precision, recall } from './precision-recall.ts';
export { type R2Options, r2 } from './r2.ts';
export { topK } from './top-k.ts';
