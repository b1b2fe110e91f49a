import { defineActivation } from '../graph/define-activation.ts';
import type { Value } from '../graph/value.ts';
import { add, div, mul, neg, sub } from '../ops/arithmetic.ts';
import { less } from '../ops/comparisons.ts';
import { maximum } from '../ops/extrema.ts';
import { abs, exp, log1p } from '../ops/functions.ts';
import { select } from '../ops/select.ts';

/**
 * The logistic function 1 / (1 + e^-z), from e = e^-|z|, which never overflows: 1 / (1 + e) for z >= 0, else e / (1 + e).
 * With x its output, J^T g = x (1 - x) * g. (3.3)
 */
export const sigmoid = defineActivation('sigmoid', {
  inverseLink: { name: 'logistic' },
  forward: (z) => {
    const e = exp(neg(abs(z)));
    return div(select(less(z, 0), e, 1), add(1, e));
  },
  vjp: (g, { output: x }) => mul(g, mul(x, sub(1, x))),
});

/** log(1 + e^z) = max(z, 0) + log1p(e^-|z|): z itself for large z, without overflow. J^T g = sigmoid(z) * g. */
export const softplus = defineActivation('softplus', {
  forward: (z) => add(maximum(z, 0), log1p(exp(neg(abs(z))))),
  vjp: (g, { input: z }) => mul(g, sigmoid(z)),
});

/** log sigmoid(z) = -softplus(-z): z itself for very negative z, never -infinity. */
export function logSigmoid(z: Value): Value {
  return neg(softplus(neg(z)));
}
