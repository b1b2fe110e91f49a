import * as core from '@pullback/core';
import { coreNameOf, type Primitive, type Value } from '@pullback/core';
import { describe, expect, test } from 'vitest';

const float = core.placeholder({ shape: [1, 2], dtype: 'float32' }, 'x');
const int = core.placeholder({ shape: [2], dtype: 'int32' }, 'i');
const bool = core.placeholder({ shape: [2], dtype: 'bool' }, 'c');

/** What makes a vertex of every primitive, by the primitive's name. */
const made: Readonly<Record<string, Value>> = {
  add: core.add(float, float),
  sub: core.sub(float, float),
  mul: core.mul(float, float),
  div: core.div(float, float),
  mod: core.mod(float, float),
  maximum: core.maximum(float, float),
  minimum: core.minimum(float, float),
  equal: core.equal(float, float),
  less: core.less(float, float),
  lessEqual: core.lessEqual(float, float),
  neg: core.neg(float),
  floor: core.floor(float),
  ceil: core.ceil(float),
  round: core.round(float),
  sign: core.sign(float),
  abs: core.abs(float),
  square: core.square(float),
  sqrt: core.sqrt(float),
  exp: core.exp(float),
  expm1: core.expm1(float),
  log: core.log(float),
  log1p: core.log1p(float),
  tanh: core.tanh(float),
  sin: core.sin(float),
  cos: core.cos(float),
  erf: core.erf(float),
  pow: core.pow(float, float),
  and: core.and(bool, bool),
  or: core.or(bool, bool),
  not: core.not(bool),
  select: core.select(bool, int, int),
  cast: core.cast(float, 'int32'),
  threefry: threefry(),
};

/** `randomBits` gives the reshaped result of the primitive. */
function threefry(): Value {
  const [bits] = core.randomBits(int, [2, 1]).vertex.inputs;
  if (bits === undefined) throw new Error('randomBits of shape [2, 1] is no longer a reshape');
  return bits;
}

function primitiveOf({ vertex: { node } }: Value): Primitive {
  if (node.kind === 'composite') throw new Error(`${node.name} is no primitive`);
  return node;
}

describe('the core names its own primitives', () => {
  test.each(Object.entries(made))('%s', (name, value) => {
    expect(coreNameOf(primitiveOf(value))).toBe(name);
  });

  test('and no copy of one, whatever it is called', () => {
    expect(coreNameOf({ ...primitiveOf(core.exp(float)) })).toBeUndefined();
  });
});
