import type { Attribute, Program } from '@pullback/core';

const identities = new WeakMap<object, number>();
let known = 0;

/** A number that stands for an object. */
export function identity(object: object): number {
  const own = identities.get(object) ?? known++;
  identities.set(object, own);
  return own;
}

/** The whole structure of a Program in writing; primitives and arrays of numbers count by reference. Origins are left out: they compute nothing. */
export function programKey({ inputs, body, outputs }: Program): string {
  return JSON.stringify([
    inputs,
    body.map(({ primitive, attributes, inputs: operands, outputs: made }) => [
      identity(primitive),
      operands,
      made,
      Object.keys(attributes)
        .sort()
        .map((name) => [name, written(attributes[name])]),
    ]),
    outputs,
  ]);
}

function written(value: Attribute): unknown {
  if (Array.isArray(value)) return value;
  if (typeof value === 'object') return { identity: identity(value) };
  return typeof value === 'number' ? `${Object.is(value, -0) ? '-0' : value}` : value;
}
