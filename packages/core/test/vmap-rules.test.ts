import type { Cotangents, Primitive, TensorLike, Value } from '@pullback/core';
import * as p from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { differentiable, f64, weighted } from './differentiable.ts';

const count = 3;
type F = (...x: Value[]) => Value;

/** `count` different points near `like`, side by side. */
function samplesOf(like: TensorLike, seed: number): Value {
  const { shape, data } = p.tensor(like, f64);
  const all = Float64Array.from({ length: count * data.length }, (_, i) => {
    const nudge = 0.04 * Math.sin(1 + seed + 2.3 * i);
    return (data[i % data.length] ?? 0) + nudge;
  });
  return p.constant({ shape: [count, ...shape], data: all });
}

const sample = (x: Value, i: number) => p.squeeze(p.slice(x, [i], [i + 1]), 0);
/** f of each sample on its own, side by side: what vmap is held to. */
const looped =
  (f: F, batched: readonly boolean[] = []): F =>
  (...x) =>
    p.stack(
      Array.from({ length: x.find((_, k) => batched[k] !== false)?.shape[0] ?? 0 }, (_, i) =>
        f(...x.map((value, k) => (batched[k] === false ? value : sample(value, i)))),
      ),
    );
/** Every argument with samples, and each one alone. */
const choices = (n: number) => [
  Array.from({ length: n }, () => true),
  ...(n > 1 ? Array.from({ length: n }, (_, i) => Array.from({ length: n }, (_, k) => k === i)) : []),
];

function expectEqual(got: Value, wanted: Value, tolerance = 1e-14): void {
  expect([got.shape, got.dtype]).toEqual([wanted.shape, wanted.dtype]);
  const [a, b] = p.evaluate([got, wanted]);
  a?.data.forEach((x, i) => {
    const y = b?.data[i] ?? Number.NaN;
    if (!Object.is(x, y)) expect(Math.abs(x - y) / Math.max(1, Math.abs(y))).toBeLessThan(tolerance);
  });
}

const firstGradient =
  (f: F): F =>
  (...x) =>
    p
      .gradient(weighted(f(...x)), x)
      .map(weighted)
      .reduce((a, b) => p.add(a, p.mul(b, 0.7)));

describe('vmap of every op, of its gradient and of its second gradient equals a loop, whichever arguments have samples', () => {
  for (const [name, [f, ...at]] of Object.entries(differentiable))
    for (const batched of choices(at.length))
      test(`${name}, ${batched.map((own) => (own ? 'each' : 'one')).join(' and ')}`, () => {
        const axes = batched.map((own) => (own ? 0 : null));
        const x = at.map((like, i) => (batched[i] ? samplesOf(like, i) : p.constant(like, f64)));
        const distinct = x.map((value) => p.barrier(value));
        for (const g of [f as F, firstGradient(f), firstGradient(firstGradient(f))])
          expectEqual(p.vmap(g, { axes })(...distinct), looped(g, batched)(...distinct));
      });
});

describe('the gradient of vmap is that of the loop', () => {
  for (const [name, [f, ...at]] of Object.entries(differentiable))
    for (const batched of choices(at.length))
      test(`${name}, ${batched.map((own) => (own ? 'each' : 'one')).join(' and ')}`, () => {
        const axes = batched.map((own) => (own ? 0 : null));
        const x = at.map((like, i) => p.barrier(batched[i] ? samplesOf(like, i) : p.constant(like, f64)));
        const got = p.gradient(weighted(p.vmap(f as F, { axes })(...x)), x);
        const wanted = p.gradient(weighted(looped(f, batched)(...x)), x);
        got.forEach((value, i) => {
          expectEqual(value, wanted[i] ?? value);
        });
      });
});

describe('vmap in vmap', () => {
  for (const [name, [f, ...at]] of Object.entries(differentiable))
    test(name, () => {
      const x = at.map((like, i) => {
        const samples = samplesOf(like, i);
        return p.stack([samples, p.mul(samples, 1.01)]);
      });
      for (const g of [f as F, firstGradient(f)]) {
        expectEqual(p.vmap(p.vmap(g))(...x), looped(looped(g))(...x));
        // The inner argument belongs to the outer samples alone.
        const own = x.map((value, i) => (i === 0 ? value : sample(value, 0)));
        const mixed =
          (h: (f: F, batched: boolean[]) => F) =>
          (a: Value, ...rest: Value[]) =>
            h((b, ...r) => g(b, ...r), [true, ...rest.map(() => false)])(a, ...rest);
        const inner = mixed((h, b) => p.vmap(h, { axes: b.map((each) => (each ? 0 : null)) }));
        if (own.every(({ shape }) => (shape[0] ?? 0) >= 2 || shape.length === 0))
          expectEqual(
            p.vmap(inner, { axes: x.map((_, i) => (i === 0 ? 0 : null)) })(
              x[0] ?? p.zeros([0]),
              ...own.slice(1).map((value) => sample(value, 0)),
            ),
            looped(mixed(looped), [true, ...own.slice(1).map(() => false)])(
              x[0] ?? p.zeros([0]),
              ...own.slice(1).map((value) => sample(value, 0)),
            ),
          );
      }
    });
});

describe('ops without a gradient', () => {
  const x = () =>
    samplesOf(
      [
        [0.5, -1.5, 2.5],
        [1, 1, -3],
      ],
      1,
    );
  const ints = p.constant(Int32Array.of(2, -1, 0, 1, 5, 2));
  const cases: Record<string, [F, ...Value[]]> = {
    floor: [p.floor, x()],
    ceil: [p.ceil, x()],
    round: [p.round, x()],
    sign: [p.sign, x()],
    argmax: [(a) => p.argmax(a), x()],
    'argmax over rows, kept': [(a) => p.argmax(a, { axis: 0, keepAxis: true }), x()],
    'equal, less, and, or, not': [
      (a, b) => p.and(p.or(p.equal(a, b), p.less(a, b)), p.not(p.lessEqual(a, 0.5))),
      x(),
      samplesOf(
        [
          [0.5, -1, 2],
          [1, 2, -3],
        ],
        1,
      ),
    ],
    'cast to bool and int32': [(a) => p.cast(p.cast(a, 'bool'), 'int32'), x()],
    'iota beside samples': [(a) => p.add(p.iota([2, 3], { axis: 1, dtype: 'float64' }), a), x()],
    'gather of its own indices': [(a, i) => p.gather(a, i, { axis: 1 }), x(), p.reshape(ints, [3, 2])],
    'gather of its own indices, as matrices': [
      (a, i) => p.gather(a, i),
      samplesOf(
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        0,
      ),
      p.reshape(p.concatenate([ints, ints]), [3, 2, 2]),
    ],
    'scatterAdd to its own indices': [
      (a, i) => p.scatterAdd(a, i, { axis: 1, size: 4 }),
      x(),
      p.reshape(p.constant(Int32Array.of(2, -1, 0, 1, 4, 1, 3, 3, 3)), [3, 3]),
    ],
    oneHot: [(i) => p.oneHot(i, 3, f64), p.reshape(ints, [3, 2])],
    'uniform under its own key': [(key) => p.uniform(key, [2, 3], f64), p.reshape(ints, [3, 2])],
    'normal under its own key': [(key) => p.normal(key, [4], f64), p.reshape(ints, [3, 2])],
    stopGradient: [p.stopGradient, x()],
  };
  for (const [name, [f, ...at]] of Object.entries(cases))
    for (const batched of choices(at.length))
      test(`${name}, ${batched.map((own) => (own ? 'each' : 'one')).join(' and ')}`, () => {
        const given = at.map((value, i) => (batched[i] ? value : sample(value, 0)));
        const axes = batched.map((own) => (own ? 0 : null));
        expectEqual(p.vmap(f, { axes })(...given), looped(f, batched)(...given), 1e-300);
      });
});

describe('axes', () => {
  const X = p.constant(
    [
      [1, 2, 3],
      [4, 5, 6],
    ],
    f64,
  );
  const values = (value: Value) => Array.from(p.evaluate(value).data);
  test('samples along another axis, in and out', () => {
    const f = (x: Value) => p.mul(x, p.sum(x));
    expect(values(p.vmap(f, { axes: [1], outputAxis: -1 })(X))).toEqual([5, 14, 27, 20, 35, 54]);
    expect(p.vmap(f, { axes: [1] })(X).shape).toEqual([3, 2]);
  });
  test('a result that does not depend on the samples is repeated', () => {
    expect(values(p.vmap((_: Value) => p.constant(7, f64))(X))).toEqual([7, 7]);
  });
  test('several results, and no samples at all', () => {
    const [a, b] = p.vmap((x: Value) => [x, p.sum(x)])(X);
    expect([a?.shape, b?.shape]).toEqual([[2, 3], [2]]);
    const none = p.zeros([0, 2, 3], 'float64');
    for (const f of [p.sigmoid, (x: Value) => p.softmax(x), (x: Value) => p.matmul(x, p.transpose(x))])
      expect(p.evaluate(p.vmap((x: Value) => f(x))(none)).shape[0]).toBe(0);
  });
  test('what cannot be is refused', () => {
    expect(() => p.vmap(p.add)(X, p.zeros([3]))).toThrow(p.ShapeError);
    expect(() => p.vmap((x: Value) => x, { axes: [null] })(X)).toThrow(p.OptionError);
    expect(() => p.vmap((x: Value) => x, { axes: [0, 0] })(X)).toThrow(p.OptionError);
    expect(() => p.vmap((x: Value) => x, { axes: [2] })(X)).toThrow(p.ShapeError);
  });
});

describe('nodes of one’s own', () => {
  test('a vjp written by hand is honoured, for all samples at once', () => {
    const seen: number[] = [];
    const odd = p.defineNode('odd', {
      forward: (x: Value, y: Value) => p.mul(x, p.sum(y)),
      vjp: (g, { inputs: [, y] }): Cotangents => {
        seen.push(g.shape.length);
        return [p.mul(g, 10), p.mul(y, p.sum(g))];
      },
    });
    const [x, y] = [samplesOf([1, 2], 0), p.constant([3, 4, 5], f64)];
    const [gx, gy] = p.gradient(p.sum(p.vmap((a: Value) => odd(a, y))(x)), [x, y]);
    expect(seen).toEqual([1]);
    expect(Array.from(p.evaluate(gx ?? x).data)).toEqual(new Array(6).fill(10));
    // Each of 3 samples sends y times 2, and y is one for all.
    expect(Array.from(p.evaluate(gy ?? y).data)).toEqual([18, 24, 30]);
  });
  test('a node with several outputs', () => {
    const both = p.defineNodeWithOutputs('both', {
      forward: (x: Value) => [p.exp(x), p.sum(x)],
      vjp: ([e, s], { inputs: [x], outputs: [y] }): Cotangents => [
        p.add(p.mul(e ?? p.mul(x, 0), y ?? x), s ?? p.mul(x, 0)),
      ],
    });
    for (const f of [
      (x: Value) => both(x)[0] ?? x,
      (x: Value) => both(x)[1] ?? x,
      (x: Value) => p.mul(both(x)[0] ?? x, both(x)[1] ?? x),
    ])
      for (const g of [f, firstGradient((x = p.zeros([])) => f(x))])
        expectEqual(
          p.vmap(g)(samplesOf([0.3, -0.2], 2)),
          looped((x = p.zeros([])) => g(x))(samplesOf([0.3, -0.2], 2)),
        );
  });
  test('a primitive without a batching rule is applied to one sample after the other', () => {
    const sortPrimitive: Primitive<readonly [Value], Readonly<Record<string, never>>, Value> = {
      kind: 'indexing',
      name: 'sort',
      infer: ([x]) => x,
      evaluate: ([x], [output]) => output.data.set(Float64Array.from(x.data).sort()),
    };
    const sort = (x: Value) => p.applyPrimitive(sortPrimitive, [x], {});
    const x = p.constant(
      [
        [3, 1, 2],
        [-1, -3, 9],
      ],
      f64,
    );
    expect(Array.from(p.evaluate(p.vmap(sort)(x)).data)).toEqual([1, 2, 3, -3, -1, 9]);
    expect(p.evaluate(p.vmap(sort)(p.zeros([0, 3]))).shape).toEqual([0, 3]);
  });
  test('20,000 vertices deep', () => {
    const deep = (x: Value) => {
      let y = x;
      for (let i = 0; i < 20_000; i++) y = p.add(y, 1);
      return y;
    };
    expect(Array.from(p.evaluate(p.vmap(deep)(p.constant([1, 2], f64))).data)).toEqual([20_001, 20_002]);
  });
});

describe('(4.1) gradients of each sample', () => {
  const W = p.constant(
    [
      [0.2, -0.4],
      [0.1, 0.3],
      [-0.5, 0.6],
    ],
    f64,
  );
  const b = p.constant([0.1, -0.2], f64);
  const X = samplesOf([0.5, -1, 2], 3);
  const T = samplesOf([0.3, 0.9], 5);
  const loss = (x: Value, t: Value) =>
    p.mul(p.sum(p.square(p.sub(p.sigmoid(p.add(p.matmul(x, W), b)), t))), 0.5);

  test('equal those of a loop, and sum to the gradient of the batch', () => {
    const each = p.perSampleGradients(loss, [X, T], [W, b]);
    const batch = p.mul(p.sum(p.square(p.sub(p.sigmoid(p.add(p.matmul(X, W), b)), T))), 0.5);
    const whole = p.gradient(batch, [W, b]);
    each.forEach((value, k) => {
      const one = (x = X, t = T) => p.gradient(loss(x, t), [W, b])[k] ?? x;
      expectEqual(value, looped(one)(X, T));
      expectEqual(p.sum(value, { axis: 0 }), whole[k] ?? value);
    });
  });
  test('delta x^T for each sample, in one Program whose size does not depend on how many there are', () => {
    const size = (n: number) => {
      const [x, t] = [
        p.placeholder({ shape: [n, 3], dtype: 'float64' }, 'x'),
        p.placeholder({ shape: [n, 2], dtype: 'float64' }, 't'),
      ];
      return p.trace([x, t], p.perSampleGradients(loss, [x, t], [W, b])).body;
    };
    expect(size(100).length).toBe(size(2).length);
    // x W for all samples as one product of matrices, and x^T delta.
    const products = size(100).filter(({ primitive }) => primitive.name === 'contract');
    expect(products.map(({ outputs }) => outputs[0]?.shape)).toEqual([
      [100, 2],
      [100, 3, 2],
    ]);
  });
});
