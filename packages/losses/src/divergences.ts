import {
  checkOptions,
  div,
  equal,
  exp,
  field,
  type Loss,
  log,
  logitsOf,
  maximum,
  mul,
  norm,
  select,
  sub,
  sum,
  type Value,
} from '@pullback/core';
import { checkTarget, componentLoss, type LossOptions, lossFields, lossOf, ofSoftmax } from './reduce.ts';

const least = 1e-38;

/** From the logits where x was made of some, so that no bound is needed. */
function logOf(x: Value): Value {
  return log(logitsOf(x) === undefined ? maximum(x, least) : x);
}

/**
 * The Kullback-Leibler divergence sum t log(t / x) of probabilities x from t, with 0 log 0 = 0 and gradient -t/x.
 * x counts as 1e-38 at least, unless it was made by a sigmoid or softmax: then log x comes from the logits. Source: Kullback and Leibler 1951.
 * @throws ShapeError when target and prediction differ in shape.
 */
export function kullbackLeibler(options: LossOptions = {}): Loss {
  const { reduction = 'mean' } = checkOptions('kullbackLeibler', options, lossFields);
  return componentLoss('kullbackLeibler', { reduction, ...ofSoftmax }, (x, t) => {
    const some = select(equal(t, 0), 1, t);
    return select(equal(t, 0), 0, mul(t, sub(log(some), logOf(x))));
  });
}

/**
 * 1 - cos of the angle between x and t: 1 - sum x t / (|x| |t|) along the class axis; 1 where either is 0.
 * @throws ShapeError when target and prediction differ in shape.
 */
export function cosineDistance(options: LossOptions = {}): Loss {
  const { reduction = 'mean' } = checkOptions('cosineDistance', options, lossFields);
  return lossOf({
    name: 'cosineDistance',
    reduction,
    errors: (x, t, { classAxis }) => {
      checkTarget(x, t);
      const along = { axis: classAxis, keepAxis: true };
      // Of unit length first: products of the lengths themselves would overflow or underflow.
      const unit = (v: Value) => {
        const length = norm(v, along);
        return div(v, select(equal(length, 0), 1, length));
      };
      return sub(1, sum(mul(unit(x), unit(t)), along));
    },
  });
}

export const poissonFields = { ...lossFields, log: field.flag() };

/**
 * x - t log x for rates x, the negative log likelihood of counts t but for what does not depend on x, with gradient 1 - t/x; or with
 * `log`, e^z - t z from logarithms z of rates, with gradient e^z - t.
 * @throws ShapeError when target and prediction differ in shape.
 */
export function poisson(options: LossOptions & { readonly log?: boolean } = {}): Loss {
  const { reduction = 'mean', log: logarithmic = false } = checkOptions('poisson', options, poissonFields);
  return componentLoss('poisson', { reduction }, (x, t) =>
    logarithmic ? sub(exp(x), mul(t, x)) : sub(x, select(equal(t, 0), 0, mul(t, log(maximum(x, least))))),
  );
}
