import type { Attribute, Attributes } from '../graph/attributes.ts';
import type { Primitive, Program } from '../graph/value.ts';

const identities = new WeakMap<object, number>();
let known = 0;

/** A number that stands for an object. */
export function identityOf(object: object): number {
  const own = identities.get(object) ?? known++;
  identities.set(object, own);
  return own;
}

/** The whole structure of a Program in writing; primitives and arrays of numbers count by reference. Origins are left out: they compute nothing. */
export function programKey(program: Program): string {
  return JSON.stringify(written(program));
}

function written({ inputs, body, outputs }: Program): unknown {
  return [
    inputs,
    body.map(({ primitive, attributes, inputs: operands, outputs: made }) => [
      nodeOf(primitive, attributes),
      operands,
      made,
      Object.keys(attributes)
        .sort()
        .map((name) => [name, attributeOf(attributes[name])]),
    ]),
    outputs,
  ];
}

/** A primitive by reference; a repetition by what it repeats. */
function nodeOf(primitive: Primitive, attributes: Attributes): unknown {
  const { form } = primitive;
  if (form?.kind !== 'repeat') return identityOf(primitive);
  const { body, ...repeat } = form.repeat(attributes);
  return { ...repeat, body: written(body) };
}

function attributeOf(value: Attribute): unknown {
  if (Array.isArray(value)) return value;
  if (typeof value === 'object') return { identity: identityOf(value) };
  return typeof value === 'number' ? `${Object.is(value, -0) ? '-0' : value}` : value;
}
