import {
  add,
  argmax,
  cast,
  concatenate,
  constant,
  defineNode,
  defineNodeWithOutputs,
  evaluate,
  exp,
  flip,
  gather,
  gradient,
  iota,
  jacobian,
  less,
  logSoftmax,
  matmul,
  max,
  mul,
  norm,
  OptionError,
  pad,
  perSampleGradients,
  RandomStream,
  reshape,
  scatterAdd,
  select,
  sigmoid,
  slice,
  softmax,
  square,
  stack,
  stopGradient,
  sub,
  sum,
  tanh,
  trace,
  transpose,
  uniform,
  type Value,
  variance,
  vmap,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';

const random = RandomStream.of(1, 'vmap');
const draw = (...shape: number[]) =>
  constant(
    { shape, data: Float64Array.from({ length: shape.reduce((n, m) => n * m, 1) }, () => random.normal()) },
    { dtype: 'float64' },
  );
const row = (x: Value, i: number) => reshape(slice(x, [i], [i + 1]), x.shape.slice(1));
/** What vmap means: one sample after the other. */
const loop = (f: (...x: Value[]) => Value, ...x: Value[]) =>
  stack(Array.from({ length: x[0]?.shape[0] ?? 0 }, (_, i) => f(...x.map((value) => row(value, i)))));
const numbers = (x: Value) => {
  const { shape, data } = evaluate(x);
  return { shape, data: Array.from(data, (y) => Number(y.toPrecision(13))) };
};

const shared = draw(3, 4);
const places = constant(new Int32Array([2, 0, 2]));
const key = constant(new Int32Array([3, 4]));
const mixed = defineNode('mixed', {
  forward: (x: Value, y: Value) => mul(tanh(x), y),
  vjp: (g, { inputs: [x, y], output }) => [mul(g, mul(y, sub(1, square(tanh(x))))), mul(g, mul(output, 3))],
});
const pair = defineNodeWithOutputs('pair', {
  forward: (x: Value) => [mul(x, 2), exp(x)],
  vjp: ([a, b], { inputs: [x] }) => [
    add(a === undefined ? mul(x, 0) : mul(a, 2), b === undefined ? mul(x, 0) : mul(b, exp(x))),
  ],
});

/** Functions of one sample, a [3, 4] matrix. */
const functions: Record<string, (x: Value) => Value> = {
  elementwise: (x) => add(mul(tanh(x), x), 2),
  'with a shared operand': (x) => mul(x, shared),
  sum: (x) => sum(x, { axis: 1 }),
  'sum of all': (x) => sum(x),
  max: (x) => max(x, { axis: 0, keepAxis: true }),
  argmax: (x) => cast(argmax(x), 'float64'),
  norm: (x) => norm(x, { axis: -1 }),
  variance: (x) => variance(x, { axis: 0 }),
  reshape: (x) => reshape(x, [2, 6]),
  transpose: (x) => transpose(x),
  broadcasting: (x) => add(x, sum(x, { axis: 0, keepAxis: true })),
  slice: (x) => slice(x, [1, 0], [3, 4], [1, 2]),
  pad: (x) => pad(x, { low: [1, 0], high: [0, 2], between: [1, 0], value: 7 }),
  flip: (x) => flip(x, 1),
  concatenate: (x) => concatenate([x, shared, x], { axis: 0 }),
  matmul: (x) => matmul(x, transpose(x)),
  'matmul with a shared matrix': (x) => matmul(shared, transpose(x)),
  'matmul on the left': (x) => matmul(transpose(x), shared),
  'gather from samples': (x) => gather(x, places, { axis: 0 }),
  'gather by samples': (x) => gather(shared, argmax(x), { axis: 1 }),
  'scatter of samples': (x) => scatterAdd(x, places, { axis: 0, size: 5 }),
  select: (x) => select(less(x, 0), mul(x, 0.1), x),
  softmax: (x) => softmax(x, { axis: 0 }),
  logSoftmax: (x) => logSoftmax(x),
  sigmoid: (x) => sigmoid(x),
  stopGradient: (x) => mul(stopGradient(x), x),
  'hand-written vjp': (x) => mixed(x, mul(x, 2)),
  'hand-written vjp, one input shared': (x) => mixed(shared, x),
  'two outputs': (x) => {
    const [a, b] = pair(x);
    return a && b ? mul(a, b) : x;
  },
  'one of two outputs': (x) => pair(x)[1] ?? x,
  'the same for all': () => shared,
  'random numbers, the same for all': (x) => add(x, uniform(key, [3, 4], { dtype: 'float64' })),
  iota: (x) => mul(x, iota([3, 4], { axis: 1, dtype: 'float64' })),
};

describe('equals a loop over samples, and so does its gradient', () => {
  for (const n of [1, 3, 5])
    for (const [name, f] of Object.entries(functions))
      test(`${name}, ${n} samples`, () => {
        const x = draw(n, 3, 4);
        const [y, wanted] = [vmap(f)(x), loop(f, x)];
        expect(numbers(y)).toEqual(numbers(wanted));
        const seed = draw(...y.shape);
        const slope = (value: Value) => gradient(value, [x], seed)[0] ?? x;
        expect(numbers(slope(y))).toEqual(numbers(slope(wanted)));
      });
});

test('no samples', () => {
  const empty = draw(0, 3, 4);
  expect(evaluate(vmap((x) => matmul(x, transpose(x)))(empty)).shape).toEqual([0, 3, 3]);
  expect(evaluate(vmap((x) => gather(shared, argmax(x), { axis: 1 }))(empty)).data).toHaveLength(0);
});

test('several arguments, other axes, and one that is shared', () => {
  const [a, b, w] = [draw(4, 3), draw(2, 4), draw(2, 3)];
  const f = (x: Value, y: Value, m: Value) => sum(mul(matmul(m, x), y));
  const y = vmap(f, { axes: [0, 1, null] })(a, b, w);
  expect(numbers(y)).toEqual(numbers(loop((x, z) => f(x, z, w), a, transpose(b))));
});

test('several results', () => {
  const x = draw(3, 2);
  const [a, b] = vmap((v) => [sum(v), mul(v, 2)])(x);
  expect([a?.shape, b?.shape]).toEqual([[3], [3, 2]]);
});

test('inside itself: all pairs', () => {
  const [a, b] = [draw(3, 2), draw(4, 2)];
  const pairs = vmap((x) => vmap((y) => sum(mul(x, y)))(b))(a);
  expect(numbers(pairs)).toEqual(numbers(matmul(a, transpose(b))));
});

test('of a gradient, a second gradient and a Jacobian', () => {
  const x = draw(4, 3);
  const f = (v: Value) => sum(mul(tanh(v), square(v)));
  const slope = (v: Value) => gradient(f(v), [v])[0] ?? v;
  const second = (v: Value) => gradient(sum(slope(v)), [v])[0] ?? v;
  expect(numbers(vmap(slope)(x))).toEqual(numbers(loop(slope, x)));
  expect(numbers(vmap(second)(x))).toEqual(numbers(loop(second, x)));
  const matrix = jacobian((v) => softmax(v));
  expect(numbers(vmap(matrix)(x))).toEqual(numbers(loop(matrix, x)));
});

test('the gradient of what it gives uses the hand-written vjp', () => {
  const wrong = defineNode('wrong', { forward: (x: Value) => square(x), vjp: (g) => [mul(g, 100)] });
  const x = draw(2, 3);
  const [slope] = gradient(sum(vmap((v) => wrong(v))(x)), [x]);
  expect(slope && Array.from(evaluate(slope).data)).toEqual(new Array(6).fill(100));
});

describe('gradients of samples', () => {
  const [x, t, w, bias] = [draw(5, 3), draw(5, 2), draw(3, 2), draw(2)];
  const error = (xs: Value, ts: Value) => {
    const z = add(matmul(xs, w), bias);
    return sum(square(sub(sigmoid(z), ts)));
  };
  const each = perSampleGradients((xs, ts) => error(reshape(xs, [1, 3]), ts), [x, t], [w, bias]);

  test('their sum is the gradient of the batch (row 21)', () => {
    const whole = gradient(error(x, t), [w, bias]);
    each.forEach((gradients, i) => {
      const [total, wanted] = [evaluate(sum(gradients, { axis: 0 })).data, evaluate(whole[i] ?? w).data];
      expect(total).toHaveLength(wanted.length);
      total.forEach((value, k) => {
        expect(value).toBeCloseTo(wanted[k] ?? Number.NaN, 13);
      });
    });
  });
  test('each is what that sample alone has', () => {
    for (let i = 0; i < 5; i++) {
      const alone = gradient(error(slice(x, [i], [i + 1]), row(t, i)), [w, bias]);
      each.forEach((gradients, k) => {
        expect(numbers(row(gradients, i))).toEqual(numbers(alone[k] ?? w));
      });
    }
  });
  test('one Program whose size does not grow with the samples', () => {
    const size = (n: number) =>
      trace(
        [],
        perSampleGradients((v) => sum(tanh(matmul(v, w))), [draw(n, 3)], [w]),
      ).body.length;
    expect(size(50)).toBe(size(2));
  });
});

test('what does not fit is refused', () => {
  const f = (a: Value, b: Value) => add(a, b);
  expect(() => vmap(f)(draw(2, 3), draw(3, 3))).toThrow(/2 and 3 samples/);
  expect(() => vmap(f, { axes: [null, null] })(draw(2), draw(2))).toThrow(OptionError);
  expect(() => vmap(f, { axes: [0] })(draw(2), draw(2))).toThrow(OptionError);
});
