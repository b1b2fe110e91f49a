export { type BatchNormOptions, batchNorm } from './batch-norm.ts';
export type { NormalizationOptions } from './features.ts';
export { groupNorm, instanceNorm } from './group-norm.ts';
export { layerNorm, type RmsNormOptions, rmsNorm } from './layer-norm.ts';
