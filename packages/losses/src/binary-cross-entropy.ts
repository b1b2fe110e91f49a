import {
  add,
  checkOptions,
  defineNode,
  div,
  equal,
  exp,
  type FieldsOf,
  field,
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
import {
  componentLoss,
  type LossOptions,
  linkedErrors,
  lossFields,
  ofSigmoidLogits,
  ofSigmoids,
} from './reduce.ts';

export interface BinaryOptions extends LossOptions {
  /** Targets moved towards 1/2: t (1 - s) + s / 2. 0 when left out. Source: Szegedy et al. 2016. */
  readonly labelSmoothing?: number;
}

const leastLog = -100;
const leastProduct = 1e-12;

/** factor * logarithm with 0 log 0 = 0, the logarithm not below -100, so that a saturated x has a finite loss. */
function times(factor: Value, logarithm: Value): Value {
  return select(equal(factor, 0), 0, mul(factor, maximum(logarithm, leastLog)));
}

const errors = defineNode('binaryCrossEntropy', {
  forward: (x: Value, t: Value) => neg(add(times(t, log(x)), times(sub(1, t), log1p(neg(x))))),
  mixes: [],
  vjp: (g, { inputs: [x, t] }) => [
    mul(g, div(sub(x, t), maximum(mul(x, sub(1, x)), leastProduct))),
    mul(g, sub(maximum(log1p(neg(x)), leastLog), maximum(log(x), leastLog))),
  ],
});

export const binaryFields = {
  ...lossFields,
  labelSmoothing: field.number({ from: 0, to: 1 }),
} satisfies FieldsOf<BinaryOptions>;

/** Targets with a share of 1/2 mixed in. */
function smoother(share: number): (t: Value) => Value {
  return (t) => (share === 0 ? t : add(mul(t, 1 - share), share / 2));
}

/**
 * g(x) = -sum (t log x + (1-t) log (1-x)) over r independent probabilities, with gradient (x-t) / (x (1-x)). (3.6)
 * 0 log 0 is 0; logarithms count as -100 at least and x (1-x) as 1e-12, so that a saturated x stays finite.
 * Where x was made by a sigmoid it is computed from the logits, exactly for every logit; the gradient at x stays the one above.
 * The mean over samples unless `sum` is asked for.
 * @throws ShapeError when target and prediction differ in shape, OptionError for a smoothing outside of [0, 1].
 */
export function binaryCrossEntropy(options: BinaryOptions = {}): Loss {
  const given = checkOptions('binaryCrossEntropy', options, binaryFields);
  const { reduction = 'mean', labelSmoothing = 0 } = given;
  const smooth = smoother(labelSmoothing);
  return componentLoss('binaryCrossEntropy', { reduction, ...ofSigmoids }, (x, t) =>
    linkedErrors(x, smooth(t), {
      name: 'binaryCrossEntropy',
      link: 'logistic',
      onProbabilities: errors,
      onLogits: logitErrors,
    }),
  );
}

/** max(z, 0) - z t + log1p(e^-|z|) for each component. */
function logitErrors(z: Value, t: Value): Value {
  return sub(softplus(z), mul(z, t));
}

/**
 * Binary cross entropy of sigmoid(z), from the logits z: max(z, 0) - z t + log1p(e^-|z|), finite for every z, with gradient
 * sigmoid(z) - t. (3.7) The mean over samples unless `sum` is asked for.
 * @throws ShapeError when target and prediction differ in shape, OptionError for a smoothing outside of [0, 1].
 */
export function sigmoidBinaryCrossEntropy(options: BinaryOptions = {}): Loss {
  const given = checkOptions('sigmoidBinaryCrossEntropy', options, binaryFields);
  const { reduction = 'mean', labelSmoothing = 0 } = given;
  const smooth = smoother(labelSmoothing);
  return componentLoss('sigmoidBinaryCrossEntropy', { reduction, ...ofSigmoidLogits }, (z, t) =>
    logitErrors(z, smooth(t)),
  );
}

export interface FocalOptions extends LossOptions {
  /** How much errors that are nearly right count less; 2 when left out. */
  readonly gamma?: number;
  /** The weight of positives; negatives have 1 - alpha. No weights when left out. */
  readonly alpha?: number;
}

export const focalFields = {
  ...lossFields,
  gamma: field.number({ from: 0 }),
  alpha: field.number({ from: 0, to: 1 }),
} satisfies FieldsOf<FocalOptions>;

/**
 * Binary cross entropy of sigmoid(z) times (1 - p)^gamma, with p the probability of what is so: from logits, as
 * e^(-gamma softplus(+-z)), finite for every z. Targets are 0 or 1. Source: Lin et al. 2017.
 * @throws ShapeError when target and prediction differ in shape, OptionError for a gamma below 0.
 */
export function sigmoidFocal(options: FocalOptions = {}): Loss {
  const { gamma = 2, alpha, reduction = 'mean' } = checkOptions('sigmoidFocal', options, focalFields);
  return componentLoss('sigmoidFocal', { reduction, ...ofSigmoidLogits }, (z, t) => {
    const side = mul(z, sub(mul(t, 2), 1));
    // 1 - p = sigmoid(-side) = e^-softplus(side)
    const focus = exp(mul(softplus(side), -gamma));
    const error = mul(focus, softplus(neg(side)));
    return alpha === undefined ? error : mul(error, add(mul(t, 2 * alpha - 1), 1 - alpha));
  });
}
