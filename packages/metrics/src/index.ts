export { accuracy, binaryAccuracy, categoricalAccuracy } from './accuracy.ts';
export { auc } from './auc.ts';
export { confusionMatrix } from './confusion-matrix.ts';
export { meanAbsoluteDistance, meanSquaredDistance, rootMeanSquaredDistance } from './distances.ts';
export { f1, precision, recall, type ThresholdOptions } from './precision-recall.ts';
export { r2 } from './r2.ts';
export { topK } from './top-k.ts';
