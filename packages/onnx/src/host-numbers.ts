import { constant, evaluate, sizeOf, type Tensor, type Value } from '@pullback/core';

const found = new WeakMap<Value, Tensor>();

/** The numbers of a Value that depends on nothing that is given later; undefined for every other. */
export function hostNumbers(value: Value): Tensor | undefined {
  if (!value.vertex.constant) return undefined;
  const known = found.get(value) ?? evaluate(value);
  found.set(value, known);
  return known;
}

/** Values of up to so many elements are computed where the graph is built. */
const most = 2 ** 16;

/** The Value as its numbers, where those are known and few: shape arithmetic ends here. */
export function folded(value: Value): Value {
  const { node, constant: isKnown } = value.vertex;
  if (!isKnown || node.kind === 'generator' || sizeOf(value.shape) > most) return value;
  const numbers = hostNumbers(value);
  if (numbers === undefined) return value;
  const made = constant(numbers);
  found.set(made, numbers);
  return made;
}
