export { type AdadeltaOptions, adadelta } from './adadelta.ts';
export { type AdagradOptions, adagrad } from './adagrad.ts';
export { type AdamwOptions, adam, adamw, amsgrad, nadam } from './adam.ts';
export { adamax } from './adamax.ts';
export { type LambOptions, lamb } from './lamb.ts';
export { learningRates, type RateFactor } from './learning-rates.ts';
export { type LionOptions, lion } from './lion.ts';
export type { AdamOptions } from './moments.ts';
export { type MomentumOptions, momentum } from './momentum.ts';
export { type MuonOptions, muon } from './muon.ts';
export { type RmspropOptions, rmsprop } from './rmsprop.ts';
export {
  constantRate,
  cosine,
  exponential,
  oneCycle,
  polynomial,
  product,
  sequence,
  stepDecay,
  warmup,
} from './schedules.ts';
export { sgd } from './sgd.ts';
export {
  accumulated,
  averaged,
  clipByGlobalNorm,
  clipByNorm,
  clipByValue,
  type ParameterGroup,
  parameterGroups,
  weightDecay,
} from './wrappers.ts';
