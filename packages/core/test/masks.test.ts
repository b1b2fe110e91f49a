// A mask chooses: what it leaves out is 0 in every derivative, whatever stands there. 0 times an infinite or undefined slope would be NaN.

import type { Value } from '@pullback/core';
import * as p from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { finiteDifferences } from './finite-differences.ts';

const f64 = { dtype: 'float64' } as const;
const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const float = (...data: number[]) => p.constant(data, f64);
const values = (value: Value | undefined) => (value === undefined ? [] : [...p.evaluate(value).data]);

function expectClose(got: readonly number[], wanted: Iterable<number>): void {
  const truth = [...wanted];
  expect(got.length).toBe(truth.length);
  for (const [i, slope] of got.entries()) expect(slope).toBeCloseTo(truth[i] ?? nan, 7);
}

/** f', f'' and f''' of the sum of f at x. */
function derivatives(f: (x: Value) => Value, x: Value): number[][] {
  const found: number[][] = [];
  let y = f(x);
  for (let order = 1; order <= 3; order++) {
    const [slope = x] = p.gradient(p.sum(y), [x]);
    found.push(values(slope));
    y = slope;
  }
  return found;
}

/** Functions, with a place where the function or its slope is infinite or no number. */
const functions: Readonly<Record<string, readonly [(x: Value) => Value, number]>> = {
  log: [p.log, 0],
  sqrt: [p.sqrt, 0],
  reciprocal: [p.reciprocal, 0],
  'pow 0.3': [(x) => p.pow(x, 0.3), 0],
  'pow of a Value': [(x) => p.pow(x, float(0.3)), 0],
  'exp of 10 x': [(x) => p.exp(p.mul(x, 10)), 100],
  'square of exp': [(x) => p.square(p.exp(x)), 800],
  log1p: [p.log1p, -1],
  sin: [p.sin, infinity],
  cos: [p.cos, infinity],
  'sigmoid of NaN': [p.sigmoid, nan],
  'softplus of NaN': [p.softplus, nan],
  'tanh of NaN': [p.tanh, nan],
  'erf of NaN': [p.erf, nan],
  'abs of NaN': [p.abs, nan],
  'maximum of NaN': [(x) => p.mul(p.maximum(x, 0), x), nan],
  'product of infinities': [(x) => p.mul(x, x), infinity],
  'quotient of itself': [(x) => p.div(x, p.square(x)), 0],
  'log of a square root': [(x) => p.log(p.sqrt(x)), 0],
  'log of sums': [(x) => p.log(p.sub(p.add(x, p.mul(x, 3)), p.neg(x))), 0],
  'log behind a barrier': [(x) => p.log(p.barrier(x)), 0],
  'a node of its own': [
    p.defineActivation('own', { forward: (x) => p.log(x), vjp: (g, { input }) => p.div(g, input) }),
    0,
  ],
};

describe('the branch that is not taken', () => {
  for (const [name, [f, bad]] of Object.entries(functions))
    test(name, () => {
      const x = float(bad, 0.7);
      const mask = p.constant([false, true], { dtype: 'bool' });
      const wanted = derivatives(f, float(0.7));
      const masked = derivatives((at) => p.select(mask, f(at), 0), x);
      const otherwise = derivatives((at) => p.select(p.not(mask), p.mul(at, 3), f(at)), x);
      expect(masked).toEqual(wanted.map(([slope]) => [0, slope]));
      expect(otherwise).toEqual(wanted.map(([slope], i) => [i === 0 ? 3 : 0, slope]));
      // A constant that is 0 must not be taken for a mask: a derivative at it may be asked for.
      const zero = p.barrier(float(0, 0));
      const [atZero = x] = p.gradient(p.sum(p.select(mask, f(x), p.mul(zero, 2))), [zero]);
      expect(values(atZero)).toEqual([2, 0]);
    });
});

describe('the one that is not the largest', () => {
  const chosen: Readonly<Record<string, (y: Value) => Value>> = {
    maximum: (y) => p.maximum(y, -1),
    minimum: (y) => p.neg(p.minimum(p.neg(y), 1)),
    clip: (y) => p.clip(y, -1, 5),
    max: (y) => p.max(p.stack([y, p.fill(-1, [2], 'float64')], { axis: 0 }), { axis: 0 }),
    min: (y) => p.neg(p.min(p.stack([p.neg(y), p.fill(1, [2], 'float64')], { axis: 0 }), { axis: 0 })),
    relu: (y) => p.sub(p.relu(p.add(y, 1)), 1),
  };
  for (const [name, choose] of Object.entries(chosen))
    test(`${name} beside a logarithm of 0 and a root of it`, () => {
      // log' = 1/x, -1/x^2, 2/x^3 at 2; of the root the third is 3/8 x^(-5/2).
      expect(derivatives((x) => choose(p.log(x)), float(0, 2))).toEqual([
        [0, 0.5],
        [0, -0.25],
        [0, 0.25],
      ]);
      const [first, second, third] = derivatives((x) => choose(p.sub(p.sqrt(x), 2)), float(0, 4));
      expect([first, second]).toEqual([
        [0, 0.25],
        [0, -1 / 32],
      ]);
      expectClose(third ?? [], [0, 3 / 256]);
    });
});

describe('what moves elements takes the mask along', () => {
  const [mask, x] = [
    p.constant(
      [
        [true, false, true],
        [true, true, false],
      ],
      { dtype: 'bool' },
    ),
    p.constant(
      [
        [1, 0, 2],
        [3, 4, 0],
      ],
      f64,
    ),
  ];
  const places = p.constant(Int32Array.of(2, 0, 1));
  const moves: Readonly<Record<string, readonly [(x: Value) => Value, (m: Value) => Value]>> = {
    transpose: [(a) => p.transpose(a), (m) => p.transpose(m)],
    reshape: [(a) => p.reshape(a, [3, 2]), (m) => p.reshape(m, [3, 2])],
    flip: [(a) => p.flip(a, 1), (m) => p.flip(m, 1)],
    gather: [(a) => p.gather(a, places, { axis: 1 }), (m) => p.gather(m, places, { axis: 1 })],
    pad: [(a) => p.pad(a, { low: [1], value: 1 }), (m) => p.pad(m, { low: [1] })],
    'pad and slice': [
      (a) => p.slice(p.pad(a, { low: [1], between: [0, 1], value: 1 }), [1], [], [1, 2]),
      (m) => m,
    ],
    concatenate: [(a) => p.concatenate([a, p.mul(a, 2)]), (m) => p.concatenate([m, m])],
    scatterAdd: [
      (a) => p.scatterAdd(a, places, { axis: 1, size: 3 }),
      (m) => p.gather(m, p.constant(Int32Array.of(1, 2, 0)), { axis: 1 }),
    ],
    'concatenate of a part': [
      (a) => p.concatenate([p.slice(a, [0], [1]), p.square(p.slice(a, [1]))], { axis: 0 }),
      (m) => m,
    ],
  };
  for (const [name, [move, moveMask]] of Object.entries(moves))
    test(name, () => {
      const m = moveMask(mask);
      const after = (at: Value) => p.sum(p.select(m, p.log(move(at)), 0));
      const behind = (at: Value) => p.sum(p.select(m, move(p.log(at)), 0));
      for (const f of name === 'pad' || name.startsWith('pad') ? [after] : [after, behind]) {
        const [first = x] = p.gradient(f(x), [x]);
        const [second = x] = p.gradient(p.sum(first), [x]);
        for (const g of [first, second]) expect(values(g).every(Number.isFinite)).toBe(true);
        // Where the mask is on it is what central differences say of a function that is finite everywhere.
        const safe = (at: Value) => f(p.select(mask, at, 1));
        const [wanted = new Float64Array()] = finiteDifferences(safe, [
          [
            [1, 0, 2],
            [3, 4, 0],
          ],
        ]);
        expectClose(values(first), wanted);
      }
    });
});

describe('sums and what is repeated', () => {
  test('a number of which every repetition is masked gets 0, one with a repetition that is not gets its own', () => {
    const x = p.constant([[0], [2]], f64);
    const mask = p.constant(
      [
        [false, false, false],
        [true, false, true],
      ],
      { dtype: 'bool' },
    );
    const f = (at: Value) => p.sum(p.select(mask, p.broadcast(p.log(at), [2, 3]), 0));
    const [slope = x] = p.gradient(f(x), [x]);
    expect(values(slope)).toEqual([0, 1]);
    expect(values(p.gradient(p.sum(slope), [x])[0])).toEqual([0, -0.5]);
  });
  test('a masked row of a sum, a maximum, a norm, a softmax, a log softmax and a log of a sum of exponentials', () => {
    const x = p.constant(
      [
        [nan, 1, 2],
        [0.5, 1, 2],
      ],
      f64,
    );
    const mask = p.constant([[false], [true]], { dtype: 'bool' });
    const functionsOfRows: Readonly<Record<string, (x: Value) => Value>> = {
      sum: (a) => p.square(p.sum(a, { axis: 1, keepAxis: true })),
      max: (a) => p.square(p.max(a, { axis: 1, keepAxis: true })),
      norm: (a) => p.norm(a, { axis: 1, keepAxis: true }),
      softmax: (a) => p.square(p.softmax(a)),
      'softmax, axis 1': (a) => p.log(p.softmax(a, { axis: 1 })),
      logSoftmax: (a) => p.square(p.logSoftmax(a)),
      logSumExp: (a) => p.square(p.logSumExp(a, { keepAxis: true })),
      standardDeviation: (a) => p.standardDeviation(a, { axis: 1, keepAxis: true }),
    };
    for (const [name, f] of Object.entries(functionsOfRows)) {
      const y = p.sum(p.select(mask, f(x), 0));
      const [slope = x] = p.gradient(y, [x]);
      const [wanted = new Float64Array()] = finiteDifferences((at) => p.sum(f(at)), [[[0.5, 1, 2]]]);
      expectClose(values(slope), [0, 0, 0, ...wanted]);
      expect(values(p.gradient(p.sum(p.square(slope)), [x])[0]).every(Number.isFinite), name).toBe(true);
    }
  });
});

describe('weights', () => {
  test('of 0 leave out what they weigh, and its gradients', () => {
    const [x, w] = [float(0, 2), float(0, 3)];
    const y = p.sum(p.weigh(p.log(x), w));
    expect(values(y)).toEqual([3 * Math.log(2)]);
    expect(p.gradient(y, [x, w]).map(values)).toEqual([
      [0, 1.5],
      [0, Math.log(2)],
    ]);
  });
  test('of errors beside targets that are not there', () => {
    const [x, t, w] = [float(1, 2), float(nan, 1), float(0, 2)];
    const y = p.sum(p.weigh(p.square(p.sub(x, t)), w));
    expect([values(y), values(p.gradient(y, [x])[0])]).toEqual([[2], [0, 4]]);
  });
});

describe('masks in derivatives by direction', () => {
  const f = (x: Value) => p.select(p.less(0, x), p.mul(p.log(x), x), 0);
  const x = float(0, 2);
  test('jvp, the Jacobian and the Hessian times a vector', () => {
    expect(values(p.jvp(f)(x)(float(1, 1)))).toEqual([0, 1 + Math.log(2)]);
    expect(values(p.jacobian(f)(x))).toEqual([0, 0, 0, 1 + Math.log(2)]);
    expect(values(p.hessianVectorProduct((at) => p.sum(f(at)))(x)(float(1, 1))[0])).toEqual([0, 0.5]);
  });
  test('vmap', () => {
    const slopes = p.vmap((at: Value) => p.gradient(p.sum(f(at)), [at])[0] ?? at);
    expect(
      values(
        slopes(
          p.constant(
            [
              [0, 2],
              [2, 0],
            ],
            f64,
          ),
        ),
      ),
    ).toEqual([0, 1 + Math.log(2), 1 + Math.log(2), 0]);
    const row = (at: Value) => p.select(p.less(0, p.sum(at)), p.sum(p.square(p.softmax(at))), 0);
    const each = p.vmap((at: Value) => p.gradient(row(at), [at])[0] ?? at);
    expect(
      values(
        each(
          p.constant(
            [
              [nan, 2],
              [2, 2],
            ],
            f64,
          ),
        ),
      ),
    ).toEqual([0, 0, 0, 0]);
  });
  test('what is masked twice counts only where both masks are on', () => {
    const g = (at: Value) => p.select(p.less(0, at), p.log(p.select(p.less(at, 3), p.sub(3, at), 0)), 0);
    expect(derivatives(g, float(-infinity, 1, 2)).map((row) => row.map((d) => d + 0))).toEqual([
      [0, -0.5, -1],
      [0, -0.25, -1],
      [0, -0.25, -2],
    ]);
  });
});

test('a chain of 20,000 sums under a mask does not overflow the stack', () => {
  const x = float(0, 2);
  let y = p.log(x);
  for (let i = 0; i < 20_000; i++) y = p.neg(y);
  const [slope] = p.gradient(p.sum(p.select(p.less(0, x), p.exp(y), 0)), [x]);
  expect(values(slope)).toEqual([0, 1]);
});
