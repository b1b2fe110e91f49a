import { defineNode } from '../define.ts';
import { exp, log, mul, neg, sub } from '../ops/arithmetic.ts';
import { sum } from '../ops/broadcast-sum.ts';
import { max } from '../ops/max.ts';
import type { Value } from '../value.ts';

const classes = { axis: -1, keepAxis: true };

/**
 * log softmax(z) = z - max z - log sum exp(z - max z) along the last axis: no overflow, shift invariant.
 * J^T g = g - softmax(z) sum g.
 */
export const logSoftmax = defineNode('logSoftmax', {
  forward: (z: Value) => {
    const shifted = sub(z, max(z, { axis: -1 }));
    return sub(shifted, log(sum(exp(shifted), classes)));
  },
  vjp: (g, { output: y }) => [sub(g, mul(exp(y), sum(g, classes)))],
});

/**
 * -sum t log softmax(z), summed over everything. At z the gradient is x sum t - t with x = softmax(z), which is
 * x - t when the targets of a sample sum to 1. (3.9)
 */
export const softmaxCrossEntropy = defineNode('softmaxCrossEntropy', {
  forward: (z: Value, t: Value) => neg(sum(mul(t, logSoftmax(z)))),
});
