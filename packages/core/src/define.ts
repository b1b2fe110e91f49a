import { apply } from './apply.ts';
import type { Composite, Cotangents } from './node.ts';
import type { Value, Vertex } from './value.ts';

/**
 * A node of one's own: a function of Values that is one vertex, with the chain rule's vjp or the one given.
 * @param rules `forward`, and optionally `vjp`: J^T gradient, one for each input.
 */
export function defineNode<In extends readonly Value[]>(
  name: string,
  rules: { forward(...inputs: In): Value; vjp?(gradient: Value, at: Vertex<In>): Cotangents },
): (...inputs: In) => Value {
  const node: Composite<In> = { kind: 'composite', name, ...rules };
  return (...inputs) => apply(node, ...inputs);
}
