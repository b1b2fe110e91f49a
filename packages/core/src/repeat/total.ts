import { ruleOf } from '../derive/masks.ts';
import { vertexOf } from '../graph/apply.ts';
import type { Value } from '../graph/value.ts';
import { sum } from '../ops/broadcast-sum.ts';
import { contract } from '../ops/contract.ts';
import { reshape } from '../ops/reshape.ts';
import { opened } from './step.ts';

/** The sum of a Value over all steps, made of the stacks of its parts and of the last carries. */
export interface Total {
  readonly parts: readonly Value[];
  make(stackOf: (part: Value) => Value, finals: readonly Value[]): Value;
}

/**
 * The sum of `value` over all steps. Linear functions are applied to sums: a product of two is one product of their stacks, with the
 * steps among the axes that it sums over; a sum is one of more terms; movement moves the total.
 */
export function totalOf(value: Value): Total {
  const inner = opened(value);
  const { node, inputs, attributes } = inner.vertex;
  const plain: Total = { parts: [inner], make: (stackOf) => sum(stackOf(inner), { axis: 0 }) };
  if (node.kind === 'composite') return plain;
  const { form } = node;
  const [a, b] = inputs;
  if (form?.kind === 'contract' && a !== undefined && b !== undefined) {
    const labels = form.labels(attributes);
    const step = 1 + Math.max(-1, ...labels.a, ...labels.b, ...labels.out);
    return {
      parts: [a, b],
      make: (stackOf) =>
        contract(stackOf(a), stackOf(b), { a: [step, ...labels.a], b: [step, ...labels.b], out: labels.out }),
    };
  }
  if (form?.kind === 'reduce' && form.combine === 'sum' && a !== undefined) {
    const axes = [0, ...form.axes(attributes).map((axis) => axis + 1)];
    return { parts: [a], make: (stackOf) => reshape(sum(stackOf(a), { axis: axes }), inner.shape) };
  }
  const rule = ruleOf(inner.vertex);
  if (rule === 'add' || rule === 'view' || rule === 'parts') {
    const totals = inputs.map(totalOf);
    return {
      parts: totals.flatMap(({ parts }) => parts),
      make: (stackOf, finals) =>
        vertexOf(
          node,
          totals.map((total) => total.make(stackOf, finals)),
          attributes,
        ).outputs[inner.index] ?? inner,
    };
  }
  return plain;
}
