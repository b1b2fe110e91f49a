import type { Attributes } from '../graph/attributes.ts';

/** Writes out the whole structure of an application; objects count as equal by reference alone. */
export function structuralKeys(): (
  node: object,
  operands: readonly number[],
  attributes: Attributes,
) => string {
  const identities = new Map<object, number>();
  const identity = (object: object): string => {
    const id = identities.get(object) ?? identities.size;
    identities.set(object, id);
    return `#${id}`;
  };
  return (node, operands, attributes) => {
    const names = Object.keys(attributes);
    if (names.length === 0) return `${identity(node)}(${operands.join()})[]`;
    const parts = names.sort().map((name) => {
      const value = attributes[name];
      if (Array.isArray(value)) return `${name}=[${value.join()}]`;
      if (typeof value === 'object') return `${name}=${identity(value)}`;
      return `${name}=${typeof value}:${Object.is(value, -0) ? '-0' : value}`;
    });
    return `${identity(node)}(${operands.join()})${JSON.stringify(parts)}`;
  };
}
