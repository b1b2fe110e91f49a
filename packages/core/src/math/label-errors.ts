import { apply } from '../graph/apply.ts';
import type { Value } from '../graph/value.ts';
import { mul, sub } from '../ops/arithmetic.ts';
import { dropAxes, sum } from '../ops/broadcast-sum.ts';
import { and, equal, less, lessEqual } from '../ops/comparisons.ts';
import { iota } from '../ops/iota.ts';
import { expandDims } from '../ops/reshape.ts';
import { select } from '../ops/select.ts';
import { normalizeAxis } from '../tensors/shape.ts';
import { logSumExp, softmax } from './softmax.ts';

/**
 * log sum e^z - z_label along the axis of the classes, the last when left out: z [..., classes] and int32 labels [...] to [...]. A label
 * that is no class gives 0, and no gradient. J^T g = g (softmax(z) - one-hot). (3.9)
 * @throws ShapeError, DTypeError
 */
export function labelErrors(z: Value, labels: Value, options: { axis?: number } = {}): Value {
  const axis = normalizeAxis(options.axis ?? -1, z.shape.length);
  const classes = z.shape[axis] ?? 0;
  const known = (label: Value) => and(lessEqual(0, label), less(label, classes));
  const chosen = (label: Value) => equal(iota(z.shape, { axis }), expandDims(label, axis));
  return apply<[Value, Value]>(
    {
      kind: 'composite',
      name: 'labelErrors',
      forward: (x, label) => {
        const own = dropAxes(sum(select(chosen(label), x, 0), { axis, keepAxis: true }), [axis]);
        return select(known(label), sub(logSumExp(x, { axis }), own), 0);
      },
      vjp: (g, { inputs: [x, label] }) => {
        const y = softmax(x, { axis });
        const slope = mul(expandDims(g, axis), select(chosen(label), sub(y, 1), y));
        return [select(expandDims(known(label), axis), slope, 0), undefined];
      },
    },
    z,
    labels,
  );
}
