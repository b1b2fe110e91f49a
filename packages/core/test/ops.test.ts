import type { Value } from '@pullback/core';
import * as p from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { differentiable, f64, S, weighted } from './differentiable.ts';
import { finiteDifferences } from './finite-differences.ts';

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
  test('rows of every length are gathered whole, and those outside are zeros', () => {
    for (const width of [1, 2, 16, 17, 40]) {
      const row = (r: number) => Array.from({ length: width }, (_, i) => (r < 0 || r > 2 ? 0 : 100 * r + i));
      const whole = p.constant([row(0), row(1), row(2)], { dtype: 'float64' });
      const places = [2, -1, 0, 3, 2];
      expect(values(p.gather(whole, int(...places)))).toEqual(places.flatMap(row));
      const twice = p.stack([whole, whole]);
      expect(values(p.gather(twice, int(...places), { axis: 1 }))).toEqual(
        [...places, ...places].flatMap(row),
      );
    }
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
