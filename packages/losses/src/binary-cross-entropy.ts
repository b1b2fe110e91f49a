import {
  add,
  defineNode,
  div,
  equal,
  type Loss,
  log,
  log1p,
  maximum,
  mul,
  neg,
  select,
  softplus,
  sub,
  type Value,
} from '@pullback/core';
import { checkTarget, type LossOptions, reduce } from './reduce.ts';

const leastLog = -100;
const leastProduct = 1e-12;

/** factor * logarithm with 0 log 0 = 0, the logarithm not below -100, so that a saturated x has a finite loss. */
function times(factor: Value, logarithm: Value): Value {
  return select(equal(factor, 0), 0, mul(factor, maximum(logarithm, leastLog)));
}

const errors = defineNode('binaryCrossEntropy', {
  forward: (x: Value, t: Value) => neg(add(times(t, log(x)), times(sub(1, t), log1p(neg(x))))),
  vjp: (g, { inputs: [x, t] }) => [
    mul(g, div(sub(x, t), maximum(mul(x, sub(1, x)), leastProduct))),
    mul(g, sub(maximum(log1p(neg(x)), leastLog), maximum(log(x), leastLog))),
  ],
});

/**
 * g(x) = -sum (t log x + (1-t) log (1-x)) over r independent probabilities, with gradient (x-t) / (x (1-x)). (3.6)
 * 0 log 0 is 0; logarithms count as -100 at least and x (1-x) as 1e-12, so that a saturated x stays finite.
 * The mean over samples unless `sum` is asked for.
 * @throws ShapeError when target and prediction differ in shape.
 */
export function binaryCrossEntropy({ reduction = 'mean' }: LossOptions = {}): Loss {
  return {
    name: 'binaryCrossEntropy',
    reduction,
    forward: (prediction, target, at) => {
      checkTarget(prediction, target);
      return reduce(errors(prediction, target), prediction, reduction, at);
    },
  };
}

/**
 * Binary cross entropy of sigmoid(z), from the logits z: max(z, 0) - z t + log1p(e^-|z|), finite for every z, with gradient
 * sigmoid(z) - t. (3.7) The mean over samples unless `sum` is asked for.
 * @throws ShapeError when target and prediction differ in shape.
 */
export function sigmoidBinaryCrossEntropy({ reduction = 'mean' }: LossOptions = {}): Loss {
  return {
    name: 'sigmoidBinaryCrossEntropy',
    reduction,
    forward: (logits, target, at) => {
      checkTarget(logits, target);
      return reduce(sub(softplus(logits), mul(logits, target)), logits, reduction, at);
    },
  };
}
