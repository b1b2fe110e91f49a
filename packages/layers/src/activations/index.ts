export { relu, sigmoid } from '@pullback/core';
export { type ClassActivation, logSoftmax, softmax } from './normalized.ts';
export { hardSigmoid, hardSwish, hardTanh } from './piecewise.ts';
export { type PreluOptions, prelu } from './prelu.ts';
export { celu, elu, leakyRelu, selu } from './rectifiers.ts';
export { gelu, identity, mish, silu, softplus, softsign, tanh } from './smooth.ts';
