// The logarithm of probabilities: from the logits, where they are known.
import {
  add,
  constant,
  defineNode,
  evaluate,
  exp,
  fill,
  gradient,
  log,
  logitsOf,
  relu,
  sigmoid,
  softmax,
  sub,
  sum,
  type Value,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';

const f64 = { dtype: 'float64' } as const;
const read = (value: Value | undefined) =>
  value === undefined ? [] : Array.from(evaluate(value).data, (x) => x + 0);
const slope = (y: Value, at: Value) => read(gradient(sum(y), [at])[0]);

describe('what logits are known', () => {
  const z = constant([0.5, -1], f64);
  test('those of a sigmoid and of a softmax, with its axis', () => {
    expect(logitsOf(sigmoid(z))).toEqual({ link: { name: 'logistic' }, logits: z });
    expect(logitsOf(softmax(z))).toEqual({ link: { name: 'softmax', axis: 0 }, logits: z });
  });
  test('none of anything else', () => {
    for (const x of [z, exp(z), relu(z), sub(1, sigmoid(z))]) expect(logitsOf(x)).toBeUndefined();
  });
  test('none of what was given to a node from outside', () => {
    const seen: unknown[] = [];
    const inner = defineNode('inner', {
      forward: (p: Value) => {
        seen.push(logitsOf(p), logitsOf(sigmoid(p))?.link.name);
        return exp(p);
      },
    });
    inner(sigmoid(z));
    expect(seen).toEqual([undefined, 'logistic']);
  });
});

describe('at saturation', () => {
  const z = constant([-1000, 1000], f64);
  test('log sigmoid(z)', () => {
    const y = log(sigmoid(z));
    expect([y.node.name, y.node.kind]).toEqual(['log', 'composite']);
    expect(read(y)).toEqual([-1000, 0]);
    expect(slope(y, z)).toEqual([1, 0]);
  });
  test('log (1 - sigmoid(z))', () => {
    const y = log(sub(1, sigmoid(z)));
    expect([y.node.name, y.node.kind]).toEqual(['log', 'composite']);
    expect(read(y)).toEqual([0, -1000]);
    expect(slope(y, z)).toEqual([0, -1]);
  });
  test('log softmax(z), along the axis of the softmax', () => {
    const rows = constant(
      [
        [-1000, 0],
        [1000, 0],
      ],
      f64,
    );
    expect(read(log(softmax(rows, { axis: 0 })))).toEqual([-2000, -Math.LN2, 0, -Math.LN2]);
    expect(read(log(softmax(rows)))).toEqual([-1000, 0, 0, -1000]);
  });
  test('what is no complement stays the logarithm of what it is', () => {
    const p = sigmoid(z);
    const named = defineNode('sub', { forward: (a: Value, b: Value) => add(a, b) });
    const one = constant(1, f64);
    expect(read(log(sub(2, p)))).toEqual([Math.log(2), 0]);
    expect(read(log(add(1, p)))).toEqual([0, Math.log(2)]);
    expect(read(log(named(fill(1, [2], 'float64'), p)))).toEqual([0, Math.log(2)]);
    expect(read(log(sub(one, softmax(z))))).toEqual([0, -Infinity]);
    expect(read(log(sub(1, relu(constant([0.5], f64)))))).toEqual([-Math.LN2]);
    expect(read(log(sub(1, exp(constant([-1000], f64)))))).toEqual([0]);
  });
  test('and so does the complement of what was given', () => {
    const given = defineNode('given', { forward: (p: Value) => log(sub(1, p)) });
    expect(read(given(sigmoid(z)))).toEqual([0, -Infinity]);
    const both = defineNode('both', { forward: (x: Value) => log(x) });
    expect(read(both(sub(1, sigmoid(z))))).toEqual([0, -Infinity]);
  });
});

describe('the gradient at the probability', () => {
  const z = constant([0.3, -0.7], f64);
  const sigma = (x: number) => 1 / (1 + Math.exp(-x));
  test('is 1 / p, of p itself', () => {
    const p = sigmoid(z);
    slope(log(p), p).forEach((x, i) => {
      expect(x).toBeCloseTo(1 / sigma([0.3, -0.7][i] ?? 0), 12);
    });
  });
  test('is 1 / x of the complement, and -1 / (1 - p) of p', () => {
    const p = sigmoid(z);
    const x = sub(1, p);
    const y = log(x);
    [0.3, -0.7].forEach((at, i) => {
      expect(slope(y, x)[i]).toBeCloseTo(1 / (1 - sigma(at)), 12);
      expect(slope(y, p)[i]).toBeCloseTo(-1 / (1 - sigma(at)), 12);
    });
  });
});
