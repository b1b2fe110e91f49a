export { huber, logCosh, meanAbsoluteError } from './absolute-errors.ts';
export {
  type BinaryOptions,
  binaryCrossEntropy,
  type FocalOptions,
  sigmoidBinaryCrossEntropy,
  sigmoidFocal,
} from './binary-cross-entropy.ts';
export {
  type CategoricalOptions,
  categoricalCrossEntropy,
  softmaxCrossEntropy,
  softmaxFocal,
} from './categorical-cross-entropy.ts';
export { cosineDistance, kullbackLeibler, poisson } from './divergences.ts';
export { categoricalHinge, hinge, squaredHinge } from './margins.ts';
export type { LossOptions } from './reduce.ts';
export { type SequenceCrossEntropyOptions, sequenceCrossEntropy } from './sequence-cross-entropy.ts';
export { halfSquaredError, meanSquaredError } from './squared-errors.ts';
