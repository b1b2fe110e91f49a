export { template } from './plugin.ts';
export { type QuantileOptions, quantileLoss } from './quantile-loss.ts';
export { snake } from './snake.ts';
export { swiglu } from './swiglu.ts';
