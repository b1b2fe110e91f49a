export * from './activations/index.ts';
export { type DenseOptions, dense } from './dense.ts';
export { filled, glorotUniform, heNormal, normally, transposed, uniformly } from './initializers.ts';
export { sequential } from './sequential.ts';
export { flatten, rescale } from './shaping.ts';
