// The name of every primitive, which Programs, errors and backends know it by, and its kind, which compilers go by.
import * as p from '@pullback/core';
import { expect, test } from 'vitest';

const x = p.placeholder({ shape: [2, 3], dtype: 'float32' }, 'x');
const y = p.placeholder({ shape: [2, 3], dtype: 'float32' }, 'y');
const b = p.placeholder({ shape: [2, 3], dtype: 'bool' }, 'b');
const i = p.placeholder({ shape: [2], dtype: 'int32' }, 'i');

const made: Readonly<Record<string, readonly [p.Value, p.PrimitiveKind]>> = {
  neg: [p.neg(x), 'elementwise'],
  add: [p.add(x, y), 'elementwise'],
  sub: [p.sub(x, y), 'elementwise'],
  mul: [p.mul(x, y), 'elementwise'],
  div: [p.div(x, y), 'elementwise'],
  mod: [p.mod(x, y), 'elementwise'],
  floor: [p.floor(x), 'elementwise'],
  ceil: [p.ceil(x), 'elementwise'],
  round: [p.round(x), 'elementwise'],
  maximum: [p.maximum(x, y), 'elementwise'],
  minimum: [p.minimum(x, y), 'elementwise'],
  equal: [p.equal(x, y), 'elementwise'],
  less: [p.less(x, y), 'elementwise'],
  lessEqual: [p.lessEqual(x, y), 'elementwise'],
  and: [p.and(b, b), 'elementwise'],
  or: [p.or(b, b), 'elementwise'],
  not: [p.not(b), 'elementwise'],
  select: [p.select(b, x, y), 'elementwise'],
  cast: [p.cast(x, 'float64'), 'elementwise'],
  sign: [p.sign(x), 'elementwise'],
  abs: [p.abs(x), 'elementwise'],
  square: [p.square(x), 'elementwise'],
  sqrt: [p.sqrt(x), 'elementwise'],
  exp: [p.exp(x), 'elementwise'],
  expm1: [p.expm1(x), 'elementwise'],
  log: [p.log(x), 'elementwise'],
  log1p: [p.log1p(x), 'elementwise'],
  tanh: [p.tanh(x), 'elementwise'],
  sin: [p.sin(x), 'elementwise'],
  cos: [p.cos(x), 'elementwise'],
  erf: [p.erf(x), 'elementwise'],
  pow: [p.pow(x, x), 'elementwise'],
  broadcast: [p.broadcast(x, [4, 2, 3]), 'movement'],
  reshape: [p.reshape(x, [6]), 'movement'],
  transpose: [p.transpose(x), 'movement'],
  slice: [p.slice(x, [1]), 'movement'],
  pad: [p.pad(x, { low: [1] }), 'movement'],
  flip: [p.flip(x), 'movement'],
  windows: [p.windows(x, { axes: [1], size: 2 }), 'movement'],
  concatenate: [p.concatenate([x, y]), 'movement'],
  sum: [p.sum(x, { axis: 0, keepAxis: true }), 'reduction'],
  max: [p.max(x, { axis: 0, keepAxis: true }), 'reduction'],
  argmax: [p.argmax(x, { axis: 0, keepAxis: true }), 'reduction'],
  contract: [p.matmul(x, p.transpose(y)), 'contraction'],
  gather: [p.gather(x, i), 'indexing'],
  scatterAdd: [p.scatterAdd(x, i, { size: 4 }), 'indexing'],
  iota: [p.iota([2]), 'generator'],
  fill: [p.fill(1, [2]), 'generator'],
  literal: [p.constant([1, 2]), 'generator'],
  stopGradient: [p.stopGradient(x), 'identity'],
  barrier: [p.barrier(x), 'identity'],
  scan: [
    p.scan((c, now) => ({ carries: p.add(c, now), outputs: [] }), y, p.stack([x])).carries,
    'repetition',
  ],
  input: [x, 'leaf'],
};
for (const [name, [{ node, origin, shape }, kind]] of Object.entries(made))
  test(`${name}: ${kind}`, () => {
    expect([node.name, node.kind]).toEqual([name, kind]);
    expect(origin.path).toMatch(new RegExp(`${name}$|^$`));
    if (name === 'broadcast') expect(shape).toEqual([4, 2, 3]);
  });

/** What a compiler knows of a vertex: each function of its form, at its attributes. */
function formOf({ node, vertex }: p.Value): unknown {
  const form = 'form' in node ? node.form : undefined;
  if (form === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(form).map(([key, part]) => [
      key,
      typeof part === 'function' ? part(vertex.attributes) : part,
    ]),
  );
}

test('forms say what primitives are', () => {
  const wide = p.zeros([2, 3, 4]);
  const along = { axis: 1 };
  const labels = { a: [0, 7], b: [7, 1], out: [0, 1] };
  const forms = [
    p.sum(wide, { axis: [0, 2], keepAxis: true }),
    p.max(wide, { axis: [1, 2], keepAxis: true }),
    p.argmax(wide, { ...along, keepAxis: true }),
    p.gather(wide, i, along),
    p.scatterAdd(p.zeros([2, ...i.shape, 4]), i, { ...along, size: 3 }),
    p.iota([2, 3], along),
    p.fill(2.5, [2]),
    p.constant([1, 2]),
    p.stopGradient(x),
    p.barrier(x),
    p.contract(x, p.zeros([3, 5]), labels),
  ].map(formOf);
  expect(forms).toEqual([
    { kind: 'reduce', combine: 'sum', axes: [0, 2] },
    { kind: 'reduce', combine: 'max', axes: [1, 2] },
    { kind: 'reduce', combine: 'argmax', axes: [1] },
    { kind: 'take', axis: 1 },
    { kind: 'scatter', axis: 1 },
    { kind: 'place', axis: 1 },
    { kind: 'number', number: 2.5 },
    { kind: 'data' },
    { kind: 'same' },
    { kind: 'same' },
    { kind: 'contract', labels },
  ]);
});

test('random bits are threefry, elementwise', () => {
  const { node } = p.randomBits(i, [5]);
  expect([node.name, node.kind]).toEqual(['threefry', 'elementwise']);
});

const composites = {
  sigmoid: p.sigmoid(x),
  softplus: p.softplus(x),
  relu: p.relu(x),
  softmax: p.softmax(x),
  logSoftmax: p.logSoftmax(x),
  logSumExp: p.logSumExp(x, { keepAxis: true }),
  norm: p.norm(x, { keepAxis: true }),
  globalNorm: p.globalNorm([x]),
};
for (const [name, { node, origin }] of Object.entries(composites))
  test(`${name}: a composite`, () => {
    expect([node.name, node.kind, origin.path]).toEqual([name, 'composite', name]);
  });
