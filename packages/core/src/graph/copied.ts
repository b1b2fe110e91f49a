import { apply, vertexOf } from './apply.ts';
import { currentOrigin, labelled, parentOf } from './origin.ts';
import { upstream } from './upstream.ts';
import type { Value } from './value.ts';

/** The graphs of `made` once more, on `to` in the place of `from`; what does not depend on those stays as it is. */
export function copied(made: readonly Value[], from: readonly Value[], to: readonly Value[]): Value[] {
  const copies = new Map(from.map((value, i) => [value, to[i] ?? value]));
  const copyOf = (value: Value) => copies.get(value) ?? value;
  for (const vertex of upstream(made, ({ inputs }) => inputs, copies)) {
    const { node, attributes, inputs } = vertex;
    if (!inputs.some((input) => copies.has(input))) continue;
    const operands = inputs.map(copyOf);
    const origin = { ...parentOf(vertex.origin), pass: currentOrigin().pass };
    const outputs = labelled(origin, () =>
      node.kind === 'composite'
        ? [apply(node, ...operands)].flat()
        : vertexOf(node, operands, attributes).outputs,
    );
    vertex.outputs.forEach((output, i) => {
      copies.set(output, outputs[i] ?? output);
    });
  }
  return made.map(copyOf);
}

/** The Values that `made` depends on behind `inputs` and that were there before, or are given at run time. */
export function outsideOf(made: readonly Value[], inputs: ReadonlySet<Value>, eldest: number): Value[] {
  const found = new Set<Value>();
  const isOutside = ({ vertex, node }: Value) =>
    vertex.id < eldest || (node.kind === 'leaf' && !vertex.constant);
  const known = {
    has: (value: Value) => {
      if (inputs.has(value)) return true;
      if (isOutside(value)) found.add(value);
      return isOutside(value);
    },
  };
  upstream(made, ({ inputs: operands }) => operands, known);
  return [...found];
}
