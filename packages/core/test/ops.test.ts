import type { TensorLike, Value } from '@pullback/core';
import * as p from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { finiteDifferences } from './finite-differences.ts';

const f64 = { dtype: 'float64' } as const;
const S = [
  [0.3, -1.2],
  [0.7, 0.45],
];
const P = [
  [0.4, 1.3],
  [2.2, 0.9],
];
const R = [
  [0.3, -1.2, 2.1],
  [0.7, 0.45, -0.6],
];
const index = () => p.constant(Int32Array.of(1, 0, 1));

/** Every differentiable op as a function of float64 inputs, at points where it is smooth; always with a square shape. */
const differentiable: Record<string, [(...x: Value[]) => Value, ...(readonly TensorLike[])]> = {
  neg: [p.neg, S],
  add: [p.add, S, [0.1, 0.2]],
  sub: [p.sub, S, [[0.1], [0.2]]],
  mul: [p.mul, S, P],
  'mul by a scalar': [p.mul, S, 3],
  div: [p.div, S, P],
  mod: [p.mod, S, P],
  abs: [p.abs, S],
  square: [p.square, S],
  sqrt: [p.sqrt, P],
  exp: [p.exp, S],
  expm1: [p.expm1, S],
  log: [p.log, P],
  log1p: [p.log1p, P],
  tanh: [p.tanh, S],
  sin: [p.sin, S],
  cos: [p.cos, S],
  erf: [p.erf, S],
  maximum: [p.maximum, S, P],
  minimum: [p.minimum, S, P],
  select: [(a, b) => p.select(p.less(a, 0.4), a, b), S, P],
  'cast to float64': [(a) => p.cast(a, 'float64'), S],
  'sum over all': [(a) => p.sum(a), S],
  'sum over rows': [(a) => p.sum(a, { axis: 0 }), S],
  'sum over columns, kept': [(a) => p.sum(a, { axis: 1, keepAxis: true }), S],
  'max over rows': [(a) => p.max(a, { axis: 0 }), S],
  'min over all': [(a) => p.min(a), S],
  reshape: [(a) => p.reshape(a, [3, -1]), R],
  'transpose of a square': [(a) => p.transpose(a), S],
  'transpose of rank 3': [(a) => p.transpose(p.reshape(a, [1, 2, 3]), [2, 0, 1]), R],
  broadcast: [(a) => p.broadcast(a, [2, 2, 2]), S],
  'broadcast of a column': [(a) => p.broadcast(a, [2, 3]), [[1.5], [2]]],
  slice: [(a) => p.slice(a, [0, 1], [2, 3], [1, 2]), R],
  'slice from the end': [(a) => p.slice(a, [-1]), R],
  pad: [(a) => p.pad(a, { low: [1, 0], high: [0, 2], between: [1, 1], value: 7 }), S],
  flip: [(a) => p.flip(a, 1), S],
  concatenate: [(a, b) => p.concatenate([a, b, a]), S, P],
  stack: [(a, b) => p.stack([a, b], { axis: 1 }), S, P],
  'matmul, square': [p.matmul, S, P],
  'matmul, batched and broadcast': [
    (a, b) => p.matmul(p.reshape(a, [3, 2, 1]), p.reshape(b, [1, 2])),
    R,
    [1, 2],
  ],
  'matrix times vector': [p.matmul, R, [1, 2, 3]],
  'vector times matrix': [p.matmul, [1, 2], R],
  'gather rows': [(a) => p.gather(a, index()), S],
  'gather columns': [(a) => p.gather(a, index(), { axis: 1 }), S],
  scatterAdd: [(a) => p.scatterAdd(a, index(), { axis: 1, size: 2 }), R],
  barrier: [p.barrier, S],
  sigmoid: [p.sigmoid, S],
  softplus: [p.softplus, S],
  logSigmoid: [p.logSigmoid, S],
  relu: [p.relu, S],
  'softmax, square': [(a) => p.softmax(a), S],
  'softmax along columns': [(a) => p.softmax(a, { axis: 0 }), S],
  'logSoftmax, square': [(a) => p.logSoftmax(a), S],
  'logSoftmax along columns': [(a) => p.logSoftmax(a, { axis: 0 }), S],
  logSumExp: [(a) => p.logSumExp(a), S],
  mean: [(a) => p.mean(a, { axis: 0 }), S],
  variance: [(a) => p.variance(a, { axis: 1, correction: 1 }), R],
  standardDeviation: [(a) => p.standardDeviation(a, { axis: -1 }), S],
  norm: [(a) => p.norm(a, { axis: -1 }), S],
  distance: [(a, b) => p.distance(a, b), S, P],
  clip: [(a) => p.clip(a, -1, 0.5), S],
  reciprocal: [p.reciprocal, P],
  'pow 3 of a negative': [(a) => p.pow(a, 3), S],
  'pow -2': [(a) => p.pow(a, -2), P],
  'pow 1.7': [(a) => p.pow(a, 1.7), P],
  'pow of a Value': [p.pow, P, P],
  foldIn: [
    (a) =>
      p.mul(
        a,
        p.uniform(p.foldIn(p.constant(Int32Array.of(1, 2)), p.constant(3, { dtype: 'int32' })), [2, 2], f64),
      ),
    S,
  ],
};

/** Weighted with numbers that have no symmetry, so that a transposed or summed gradient cannot pass. */
function weighted(y: Value): Value {
  const weights = Float64Array.from({ length: p.sizeOf(y.shape) }, (_, i) => Math.sin(1 + 1.7 * i) + 0.3);
  return p.sum(p.mul(y, p.constant({ shape: y.shape, data: weights })));
}

describe('every gradient equals central differences, and so does the gradient of the gradient', () => {
  for (const [name, [f, ...at]] of Object.entries(differentiable))
    test(name, () => {
      const first = (...x: Value[]) => weighted(f(...x));
      const second = (...x: Value[]) =>
        p
          .gradient(first(...x), x)
          .map(weighted)
          .reduce((a, b) => p.add(a, p.mul(b, 0.7)));
      for (const scalar of [first, second]) {
        const inputs = at.map((like) => p.constant(like, f64));
        // A fresh barrier makes scalars of one number distinct Values to differentiate at.
        const x = inputs.map((input) => p.barrier(input));
        const truth = finiteDifferences(scalar, at);
        p.evaluate(p.gradient(scalar(...x), x)).forEach(({ data }, i) => {
          const wanted = truth[i] ?? new Float64Array();
          expect(data.length).toBe(wanted.length);
          data.forEach((got, k) => {
            const error = Math.abs(got - (wanted[k] ?? Number.NaN)) / Math.max(1, Math.abs(got));
            expect(error).toBeLessThan(2e-8);
          });
        });
      }
    });
});

describe('sizes 0 and 1', () => {
  const empty = p.zeros([0, 3], 'float64');
  const values = (value: Value) => [...p.evaluate(value).data];
  test('a sum over nothing is 0, a product over nothing is a matrix of zeros', () => {
    expect(values(p.sum(empty, { axis: 0 }))).toEqual([0, 0, 0]);
    expect(values(p.matmul(p.transpose(empty), empty))).toEqual(new Array(9).fill(0));
    expect(values(p.softmax(empty))).toEqual([]);
  });
  test('a maximum over nothing is refused', () => {
    expect(() => p.max(empty, { axis: 0 })).toThrow(p.ShapeError);
    expect(() => p.argmax(empty, { axis: 0 })).toThrow(p.ShapeError);
  });
  test('the gradient through an empty slice, gather and concatenation is zeros', () => {
    const x = p.constant(S, f64);
    const y = p.add(
      p.sum(p.slice(x, [1], [1])),
      p.sum(p.concatenate([p.gather(x, p.constant(new Int32Array())), p.slice(x, [2])], { axis: 0 })),
    );
    expect(values(p.gradient(y, [x])[0] ?? x)).toEqual([0, 0, 0, 0]);
  });
  test('softmax over one class is 1, with gradient 0', () => {
    const x = p.constant([[3], [-4]], f64);
    expect(values(p.softmax(x))).toEqual([1, 1]);
    expect(values(p.gradient(weighted(p.softmax(x)), [x])[0] ?? x)).toEqual([0, 0]);
  });
});

describe('meaning', () => {
  const values = (value: Value) => [...p.evaluate(value).data];
  const int = (...data: number[]) => p.constant(Int32Array.from(data));
  test('int32 wraps, divides towards 0, and takes the sign of the divisor in mod', () => {
    expect(values(p.mul(int(65537, -3), int(65537, 5)))).toEqual([131073, -15]);
    expect(values(p.add(int(2147483647), 1))).toEqual([-2147483648]);
    expect(values(p.div(int(7, -7, 1), int(2, 2, 0)))).toEqual([3, -3, 0]);
    expect(values(p.mod(int(7, -7, 7, -7), int(3, 3, -3, -3)))).toEqual([1, 2, -2, -1]);
  });
  test('round takes halves to the even neighbour', () => {
    expect(values(p.round(p.constant([0.5, 1.5, 2.5, -0.5, -1.5, 2.4999], f64)))).toEqual([
      0, 2, 2, -0, -2, 2,
    ]);
  });
  test('comparisons with NaN are false, and extrema of NaN are NaN', () => {
    const x = p.constant([Number.NaN, 1], f64);
    expect(values(p.less(x, 2))).toEqual([0, 1]);
    expect(values(p.equal(x, x))).toEqual([0, 1]);
    expect(values(p.maximum(x, 0))).toEqual([Number.NaN, 1]);
    expect(values(p.max(x))).toEqual([Number.NaN]);
    expect(values(p.relu(x))).toEqual([Number.NaN, 1]);
  });
  test('argmax takes the first of equals and the first NaN', () => {
    expect(
      values(
        p.argmax(
          p.constant(
            [
              [1, 3, 3],
              [2, Number.NaN, 5],
            ],
            f64,
          ),
        ),
      ),
    ).toEqual([1, 1]);
  });
  test('ties share the gradient of a maximum', () => {
    const x = p.constant([2, 2, 1, 2], f64);
    expect(values(p.gradient(p.max(x), [x])[0] ?? x)).toEqual([1 / 3, 1 / 3, 0, 1 / 3]);
    expect(values(p.gradient(p.sum(p.maximum(x, 2)), [x])[0] ?? x)).toEqual([0.5, 0.5, 0, 0.5]);
  });
  test('an index outside reads 0 and adds nothing', () => {
    expect(values(p.gather(p.constant([5, 6], f64), int(-1, 1, 2)))).toEqual([0, 6, 0]);
    expect(values(p.scatterAdd(p.constant([1, 2, 4], f64), int(1, 1, 9), { size: 2 }))).toEqual([0, 3]);
  });
  test('oneHot', () => {
    expect(values(p.oneHot(int(2, 0), 3))).toEqual([0, 0, 1, 1, 0, 0]);
  });
  test('the sum of 2^20 values of 0.1 in float32 is right to the last place', () => {
    const [total] = values(p.sum(p.fill(0.1, [2 ** 20])));
    expect(total).toBe(Math.fround(Math.fround(0.1) * 2 ** 20));
  });
  test('stopGradient keeps the value and stops the gradient', () => {
    const x = p.constant([3], f64);
    const y = p.sum(p.mul(x, p.stopGradient(x)));
    expect(values(y)).toEqual([9]);
    expect(values(p.gradient(y, [x])[0] ?? x)).toEqual([3]);
  });
  test('a barrier keeps what follows it from being merged', () => {
    const x = p.placeholder({ shape: [1], dtype: 'float64' }, 'x');
    const names = p
      .trace([x], [p.add(p.exp(x), p.exp(p.barrier(x)))])
      .body.map(({ primitive }) => primitive.name);
    expect(names.filter((name) => name === 'exp')).toHaveLength(2);
  });
});

describe('extremes', () => {
  const run = (f: (x: Value) => Value, dtype: 'float32' | 'float64') => {
    const x = p.constant([-1000, -100, 0, 100, 1000], { dtype });
    const y = f(x);
    return p.evaluate([y, ...p.gradient(p.sum(y), [x])]).map(({ data }) => [...data]);
  };
  for (const dtype of ['float32', 'float64'] as const)
    for (const [name, f] of Object.entries({
      sigmoid: p.sigmoid,
      softplus: p.softplus,
      logSigmoid: p.logSigmoid,
      tanh: p.tanh,
      relu: p.relu,
    }))
      test(`${name} at +-100 and +-1000 in ${dtype}: finite, and so is its gradient`, () => {
        expect(run(f, dtype).flat().every(Number.isFinite)).toBe(true);
      });
  test('(3.4) softmax is shift invariant and does not overflow at 1e4', () => {
    const z = p.constant(
      [
        [1e4, 1e4 - 1],
        [0, -1],
      ],
      { dtype: 'float32' },
    );
    const [a, b, c, d] = p.evaluate(p.softmax(z)).data;
    expect([a, b]).toEqual([c, d]);
  });
  test('a class at -infinity has probability 0, a row of them is not a NaN of logSumExp', () => {
    const z = p.constant(
      [
        [-Infinity, 0],
        [-Infinity, -Infinity],
      ],
      f64,
    );
    expect([...p.evaluate(p.softmax(p.slice(z, [0], [1]))).data]).toEqual([0, 1]);
    expect([...p.evaluate(p.logSumExp(z)).data]).toEqual([0, -Infinity]);
  });
  test('norm at 0 has gradient 0', () => {
    const x = p.zeros([3], 'float64');
    expect([...p.evaluate(p.gradient(p.norm(x), [x])[0] ?? x).data]).toEqual([0, 0, 0]);
  });
});

describe('several outputs', () => {
  const sineLike = p.defineNodeWithOutputs('both', {
    forward: (x: Value) => [p.exp(x), p.square(x)],
    vjp: ([a, b], { inputs: [x] }) => [
      p.add(
        a === undefined ? 0 : p.mul(a, p.exp(x)),
        b === undefined ? p.zeros(x.shape, x.dtype) : p.mul(b, p.mul(2, x)),
      ),
    ],
  });
  const derived = p.defineNodeWithOutputs('both', { forward: (x: Value) => [p.exp(x), p.square(x)] });
  for (const [name, both] of Object.entries({ 'hand-written': sineLike, derived }))
    test(`a ${name} vjp, both outputs used or one`, () => {
      const used = (x: Value) => {
        const [a = x, b = x] = both(x);
        return p.sum(p.mul(a, b));
      };
      const one = (x: Value) => p.sum(both(x)[1] ?? x);
      for (const f of [used, one]) {
        const x = p.constant([0.5, -1], f64);
        const [truth = []] = finiteDifferences(f, [[0.5, -1]]);
        p.evaluate(p.gradient(f(x), [x]))[0]?.data.forEach((got, i) => {
          expect(Math.abs(got - (truth[i] ?? Number.NaN))).toBeLessThan(1e-9);
        });
      }
    });
});

test('Threefry-2x32-20 equals the published vectors', () => {
  const block = (k0: number, k1: number, c0: number, c1: number) =>
    [0, 1].map((word) => (p.threefry(k0, k1, c0, c1, word) >>> 0).toString(16));
  expect(block(0, 0, 0, 0)).toEqual(['6b200159', '99ba4efe']);
  expect(block(-1, -1, -1, -1)).toEqual(['1cb996fc', 'bb002be7']);
  expect(block(0x13198a2e, 0x03707344, 0x243f6a88, 0x85a308d3)).toEqual(['c4923a9c', '483df7a0']);
});

test('uniform numbers lie in [0, 1), the same in float32 and float64, with mean 1/2 and variance 1/12', () => {
  const key = p.constant(Int32Array.of(7, 8));
  const n = 20_000;
  const [a, b] = p.evaluate([p.uniform(key, [n]), p.uniform(key, [n], f64)]);
  expect([...(a?.data ?? [])]).toEqual([...(b?.data ?? [])]);
  const data = [...(b?.data ?? [])];
  const mean = data.reduce((sum, x) => sum + x, 0) / n;
  const variance = data.reduce((sum, x) => sum + (x - mean) ** 2, 0) / n;
  expect(data.every((x) => x >= 0 && x < 1)).toBe(true);
  expect(Math.abs(mean - 0.5)).toBeLessThan(5 * Math.sqrt(1 / 12 / n));
  expect(Math.abs(variance - 1 / 12)).toBeLessThan(5 * Math.sqrt(1 / 180 / n));
});
