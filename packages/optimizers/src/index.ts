export { type MomentumOptions, momentum } from './momentum.ts';
export { sgd } from './sgd.ts';
