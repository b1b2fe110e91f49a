export { binaryCrossEntropy, sigmoidBinaryCrossEntropy } from './binary-cross-entropy.ts';
export { categoricalCrossEntropy, softmaxCrossEntropy } from './categorical-cross-entropy.ts';
export type { LossOptions } from './reduce.ts';
export { halfSquaredError, meanSquaredError } from './squared-errors.ts';
