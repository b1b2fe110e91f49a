export * from './activations/index.ts';
export { add, type ConcatenateOptions, concatenate, lambda, multiply, residual } from './combining.ts';
export { type DenseOptions, dense } from './dense.ts';
export * from './initializers.ts';
export { alphaDropout, dropout, gaussianNoise, spatialDropout } from './noise.ts';
export * from './normalization/index.ts';
export * from './parameters.ts';
export { sequential } from './sequential.ts';
export { flatten, permute, rescale, reshape } from './shaping.ts';
