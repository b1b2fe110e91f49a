export { erf } from './functions/error-function.ts';
export { exp, expm1, expWithin } from './functions/exponential.ts';
export { tanh } from './functions/hyperbolic-tangent.ts';
export { log, log1p } from './functions/logarithm.ts';
export { pow } from './functions/power.ts';
export { cos, sin } from './functions/trigonometric.ts';
export * from './operations.ts';
