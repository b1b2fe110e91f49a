import { apply } from '../graph/apply.ts';
import type { Cotangents, InverseLink, Value } from '../graph/value.ts';
import { add, div, mul, sub } from '../ops/arithmetic.ts';
import { dropAxes, sum } from '../ops/broadcast-sum.ts';
import { equal } from '../ops/comparisons.ts';
import { exp, log } from '../ops/functions.ts';
import { stopGradient } from '../ops/identity.ts';
import { max } from '../ops/max.ts';
import { select } from '../ops/select.ts';
import { checkOptions } from '../options/check-options.ts';
import { axisFields, keptAxisFields } from '../options/op-fields.ts';
import { normalizeAxis } from '../tensors/shape.ts';

export interface AxisOptions {
  /** Where the classes lie; the last axis when left out. Column layout has them at 0. */
  readonly axis?: number;
}

interface Along {
  readonly axis: number;
  readonly keepAxis: true;
}

/** A composite of one input whose rules know the axis. */
function along(
  name: string,
  forward: (z: Value, kept: Along) => Value,
  vjp: (g: Value, y: Value, z: Value, kept: Along) => Value,
  inverseLink?: (kept: Along) => InverseLink,
): (z: Value, options?: AxisOptions) => Value {
  return (z, options = {}) => {
    const { axis = -1 } = checkOptions(name, options, axisFields);
    const kept: Along = { axis: normalizeAxis(axis, z.shape.length), keepAxis: true };
    return apply<[Value]>(
      {
        kind: 'composite',
        name,
        inverseLink: inverseLink?.(kept),
        mixes: [kept.axis],
        forward: (x) => forward(x, kept),
        vjp: (g, { inputs: [x], output: y }): Cotangents => [vjp(g, y, x, kept)],
      },
      z,
    );
  };
}

// The shift that keeps exp from overflowing; 0 where the maximum itself is infinite, since inf - inf is NaN.
function shiftOf(z: Value, kept: Along): Value {
  const top = stopGradient(max(z, kept));
  return select(equal(sub(top, top), 0), top, 0);
}

/**
 * softmax(z)_i = e^(z_i) / sum_k e^(z_k) along the axis: shift invariant, without overflow. (3.4)
 * J^T g = y * (g - sum(y * g)), the sum along the axis, which is kept. (4.3)
 */
export const softmax = along(
  'softmax',
  (z, kept) => {
    const e = exp(sub(z, shiftOf(z, kept)));
    return div(e, sum(e, kept));
  },
  (g, y, _, kept) => mul(y, sub(g, sum(mul(y, g), kept))),
  ({ axis }) => ({ name: 'softmax', axis }),
);

/** log softmax(z) = z - log sum e^z along the axis. J^T g = g - softmax(z) sum g. */
export const logSoftmax = along(
  'logSoftmax',
  (z, kept) => {
    const shifted = sub(z, shiftOf(z, kept));
    return sub(shifted, log(sum(exp(shifted), kept)));
  },
  (g, y, _, kept) => sub(g, mul(exp(y), sum(g, kept))),
);

const logSumExpKept = along(
  'logSumExp',
  (z, kept) => {
    const shift = shiftOf(z, kept);
    return add(log(sum(exp(sub(z, shift)), kept)), shift);
  },
  (g, _, z, { axis }) => mul(g, softmax(z, { axis })),
);

/** log sum e^z along the axis, without overflow. J^T g = g softmax(z). */
export function logSumExp(z: Value, options: AxisOptions & { readonly keepAxis?: boolean } = {}): Value {
  const { axis = -1, keepAxis = false } = checkOptions('logSumExp', options, keptAxisFields);
  const kept = logSumExpKept(z, { axis });
  return keepAxis ? kept : dropAxes(kept, [normalizeAxis(axis, z.shape.length)]);
}
