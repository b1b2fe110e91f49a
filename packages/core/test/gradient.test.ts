import {
  add,
  CapturedValueError,
  CycleError,
  constant,
  DTypeError,
  defineNode,
  div,
  evaluate,
  exp,
  fill,
  gradient,
  log,
  matmul,
  mul,
  neg,
  placeholder,
  relu,
  ShapeError,
  sub,
  sum,
  type TensorLike,
  transpose,
  type Value,
  VjpError,
} from '@pullback/core';
import { describe, expect, test } from 'vitest';
import { finiteDifferences } from './finite-differences.ts';

const X = [
  [0.3, -1.2],
  [0.7, 0.4],
];
const W = [
  [0.5, -0.25],
  [1.5, 0.75],
];

const sigmoid = defineNode('sigmoid', {
  forward: (z: Value) => div(1, add(1, exp(neg(z)))),
  vjp: (g, { output: x }) => [mul(g, mul(x, sub(1, x)))],
});

function gradientsOf(f: (...x: Value[]) => Value, at: readonly TensorLike[]): number[][] {
  const values = at.map((like) => constant(like, { dtype: 'float64' }));
  return evaluate(gradient(f(...values), values)).map(({ data }) => [...data]);
}

function expectClose(got: readonly number[], wanted: ArrayLike<number>, tolerance: number): void {
  expect(got.length).toBe(wanted.length);
  got.forEach((value, i) => {
    expect(Math.abs(value - (wanted[i] ?? Number.NaN))).toBeLessThanOrEqual(tolerance);
  });
}

describe('gradients equal float64 central differences', () => {
  const cases: Record<string, [(...x: Value[]) => Value, readonly TensorLike[]]> = {
    'add with a broadcast row': [(a, b) => sum(mul(add(a, b), a)), [X, [0.1, 0.2]]],
    'sub with a broadcast column': [(a, b) => sum(mul(sub(a, b), a)), [X, [[0.1], [0.2]]]],
    'div by a scalar': [(a, b) => sum(div(a, b)), [X, 2.5]],
    'exp, square shape': [(a) => sum(exp(a)), [X]],
    'sum over each axis': [(a) => sum(mul(sum(a, { axis: 0 }), sum(a, { axis: 1 }))), [X]],
    'relu away from its kink': [(a) => sum(mul(relu(a), a)), [X]],
    'log of a sum': [(a) => log(sum(exp(a))), [X]],
    'one element': [(a) => sum(exp(mul(a, a))), [[[0.7]]]],
    '(4.1) matmul at n = p': [(w, x) => sum(exp(matmul(w, x))), [W, X]],
    'matmul with a transpose': [(w, x) => sum(mul(matmul(w, transpose(x)), matmul(w, x))), [W, X]],
    'the same Value twice': [(a) => sum(mul(a, a)), [X]],
    'a hand-written vjp': [(a) => sum(sigmoid(mul(a, a))), [X]],
  };
  for (const [name, [f, at]] of Object.entries(cases))
    test(name, () => {
      const truth = finiteDifferences(f, at);
      gradientsOf(f, at).forEach((got, i) => {
        expectClose(got, truth[i] ?? [], 1e-8);
      });
    });
});

test('(1.4) two functions are two steps of J^T: the gradient of exp(exp(x)) is exp(x) exp(exp(x))', () => {
  const [got] = gradientsOf((x) => exp(exp(x)), [0.5]);
  expectClose(got ?? [], [Math.exp(0.5) * Math.exp(Math.exp(0.5))], 1e-14);
});

test('a third derivative: d3/dx3 of x^4 is 24 x', () => {
  const x = constant(1.5, { dtype: 'float64' });
  let y = mul(mul(x, x), mul(x, x));
  for (let order = 0; order < 3; order++) [y = y] = gradient(y, [x]);
  expect(evaluate([y])[0]?.data[0]).toBe(36);
});

test("relu'(0) is 0", () => {
  expect(gradientsOf((x) => sum(relu(x)), [[-1, 0, 2]])).toEqual([[0, 0, 1]]);
});

test('20,000 vertices deep', () => {
  const x = constant(1, { dtype: 'float64' });
  let y = x;
  for (let i = 0; i < 20_000; i++) y = add(y, 1);
  expect(evaluate(gradient(y, [x]))[0]?.data[0]).toBe(1);
});

test('a composite without a vjp gets the chain rule, also when it is given the same Value twice', () => {
  const product = defineNode('product', { forward: (a: Value, b: Value) => mul(a, b) });
  const [got] = gradientsOf((x) => product(x, x), [3]);
  expect(got).toEqual([6]);
});

test('nothing is sent where nothing depends: zeros of the right shape', () => {
  const [a, b] = [placeholder({ shape: [2], dtype: 'float32' }, 'a'), fill(1, [2, 0])];
  const [zero] = gradient(sum(a), [b]);
  expect(zero?.shape).toEqual([2, 0]);
});

describe('what is refused', () => {
  const x = placeholder({ shape: [2, 3], dtype: 'float32' }, 'x');

  test('a captured placeholder', () => {
    const scaled = defineNode('scaled', { forward: (y: Value) => mul(y, x) });
    expect(() => scaled(fill(1, [2, 3]))).toThrow(CapturedValueError);
  });
  test('a captured Value that depends on a placeholder', () => {
    const twice = mul(x, 2);
    const scaled = defineNode('scaled', { forward: (y: Value) => mul(y, twice) });
    expect(() => scaled(fill(1, [2, 3]))).toThrow(/'scaled' uses 'mul'/);
  });
  test('what is no Value', () => {
    const same = defineNode('same', { forward: (y: Value) => y });
    const [wrong]: unknown[] = [3];
    // @ts-expect-error: the compiler refuses it; JavaScript gets the message.
    expect(() => same(wrong)).toThrow(/got 3 as input 0 of 'same'/);
  });
  test('a node inside itself', () => {
    const loop: (y: Value) => Value = defineNode('loop', { forward: (y: Value) => loop(y) });
    expect(() => loop(x)).toThrow(CycleError);
    expect(() => mul(x, 2)).not.toThrow();
  });
  test('a vjp with too few gradients, and one of the wrong shape', () => {
    const few = defineNode('few', { forward: (a: Value, b: Value) => mul(a, b), vjp: (g) => [g] });
    expect(() => gradient(sum(few(x, x)), [x])).toThrow(VjpError);
    const flipped = defineNode('flipped', { forward: (a: Value) => mul(a, 2), vjp: (g) => [transpose(g)] });
    expect(() => gradient(sum(flipped(x)), [x])).toThrow(/got float32\[3, 2\] from the vjp of 'flipped'/);
  });
  test('the gradient of an integer, of no scalar, and mixed dtypes', () => {
    const count = placeholder({ shape: [], dtype: 'int32' }, 'count');
    expect(() => gradient(count, [count])).toThrow(DTypeError);
    expect(() => gradient(x, [x])).toThrow(ShapeError);
    expect(() => add(x, fill(1, [2, 3], 'float64'))).toThrow(DTypeError);
  });
  test('shapes that do not fit', () => {
    expect(() => matmul(x, x)).toThrow(/matrices .*, got \[2, 3\] and \[2, 3\]/);
    expect(() => add(x, fill(1, [2, 2]))).toThrow(ShapeError);
  });
});
