import {
  add,
  barrier,
  constant,
  evaluate,
  exp,
  foldIn,
  gather,
  gradient,
  iota,
  mul,
  normal,
  placeholder,
  recomputed,
  sin,
  square,
  sum,
  tanh,
  trace,
  type Value,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';

const float64 = { dtype: 'float64' } as const;
const x = placeholder({ shape: [3], ...float64 }, 'x');
const w = placeholder({ shape: [3], ...float64 }, 'w');
const key = placeholder({ shape: [2], dtype: 'int32' }, 'key');
const feeds = new Map([
  [x, { shape: [3], data: Float64Array.of(0.3, -1.2, 2) }],
  [w, { shape: [3], data: Float64Array.of(1.5, 0.2, -0.7) }],
  [key, { shape: [2], data: Int32Array.of(3, 5) }],
]);
const plain = (make: (v: Value) => Value) => make(x);
const again = (make: (v: Value) => Value) => recomputed(make, x);
const bits = (values: readonly Value[]) => evaluate(values, feeds).map(({ data }) => Array.from(data));

const functions: Readonly<Record<string, (v: Value) => Value>> = {
  'a chain': (v) => tanh(exp(sin(v))),
  'with a weight that it reaches for': (v) => tanh(mul(v, w)),
  'with what was made of the weight before': (
    (scaled) => (v: Value) =>
      sin(add(mul(v, scaled), square(v)))
  )(square(w)),
  'with random numbers': (v) =>
    mul(exp(v), normal(foldIn(key, constant(7, { dtype: 'int32' })), [3], float64)),
  'with integers': (v) => exp(gather(v, iota([3]))),
  'of another one inside': (v) => exp(recomputed((u) => mul(sin(u), w), v)),
  'that passes its input on': (v) => v,
};
describe('values and gradients are the same to the bit, gradients of gradients but for the order of sums', () => {
  for (const [name, make] of Object.entries(functions))
    test(name, () => {
      const of = (y: Value) => {
        const slopes = gradient(sum(square(y)), [x, w]);
        return [y, ...slopes, ...gradient(sum(square(slopes[0] ?? x)), [x, w])];
      };
      const [wanted, got] = [bits(of(plain(make))), bits(of(again(make)))];
      expect(got.slice(0, 3)).toEqual(wanted.slice(0, 3));
      wanted.flat().forEach((number, i) => {
        expect(Math.abs((got.flat()[i] ?? Number.NaN) - number)).toBeLessThanOrEqual(
          1e-14 * (1 + Math.abs(number)),
        );
      });
    });
});

test('what lies in between is computed a second time, and what is not asked for is not', () => {
  const count = (outputs: readonly Value[], name: string) =>
    trace([x, w, key], outputs).body.filter(({ primitive }) => primitive.name === name).length;
  const make = (v: Value) => exp(sin(v));
  const slopes = (y: Value) => [y, ...gradient(sum(y), [x])];
  expect([count(slopes(plain(make)), 'sin'), count(slopes(again(make)), 'sin')]).toEqual([1, 2]);
  expect(count([again(make)], 'sin')).toBe(1);
  expect(count([again((v) => barrier(exp(v)))], 'exp')).toBe(1);
});
