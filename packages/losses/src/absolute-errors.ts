import {
  abs,
  add,
  checkOptions,
  defineActivation,
  div,
  exp,
  field,
  type Loss,
  lessEqual,
  log1p,
  mul,
  neg,
  select,
  square,
  sub,
  tanh,
} from '@pullback/core';
import {
  checkTarget,
  componentLoss,
  componentsOf,
  type LossOptions,
  lossFields,
  lossOf,
  type NoOptions,
  ofValues,
} from './reduce.ts';

/**
 * The mean of |t - x| over samples and components, with gradient sign(x - t) / (n r), 0 at x = t.
 * @throws ShapeError when target and prediction differ in shape.
 */
export function meanAbsoluteError(options: NoOptions = {}): Loss {
  checkOptions('meanAbsoluteError', options, {});
  return lossOf({
    ...ofValues,
    name: 'meanAbsoluteError',
    reduction: 'mean',
    errors: (x, t, at) => {
      checkTarget(x, t);
      return div(abs(sub(x, t)), componentsOf(x, at));
    },
  });
}

export const huberFields = { ...lossFields, delta: field.number({ above: 0 }) };

/**
 * d^2 / 2 up to |d| = delta, delta (|d| - delta / 2) beyond, with d = x - t and gradient d kept within +-delta.
 * Source: Huber 1964.
 * @throws ShapeError when target and prediction differ in shape, OptionError for a delta that is not above 0.
 */
export function huber(options: LossOptions & { readonly delta?: number } = {}): Loss {
  const { delta = 1, reduction = 'mean' } = checkOptions('huber', options, huberFields);
  return componentLoss('huber', { reduction, ...ofValues }, (x, t) => {
    const d = sub(x, t);
    const far = mul(sub(abs(d), delta / 2), delta);
    return select(lessEqual(abs(d), delta), mul(square(d), 0.5), far);
  });
}

/**
 * log cosh(x - t), as |d| + log1p(e^(-2|d|)) - log 2, which never overflows; gradient tanh(d).
 * @throws ShapeError when target and prediction differ in shape.
 */
export function logCosh(options: LossOptions = {}): Loss {
  const { reduction = 'mean' } = checkOptions('logCosh', options, lossFields);
  return componentLoss('logCosh', { reduction, ...ofValues }, (x, t) => logCoshOf(sub(x, t)));
}

const logCoshOf = defineActivation('logCosh', {
  forward: (d) => {
    const size = abs(d);
    return sub(add(size, log1p(exp(mul(neg(size), 2)))), Math.LN2);
  },
  vjp: (g, { input: d }) => mul(g, tanh(d)),
});
