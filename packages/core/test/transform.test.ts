import {
  constant,
  evaluate,
  exp,
  gradient,
  hessianVectorProduct,
  jacobian,
  jvp,
  logSoftmax,
  matmul,
  mul,
  sum,
  type Value,
  vjp,
} from '@pullback/core';
import { expect, test } from 'vitest';

const f64 = { dtype: 'float64' } as const;
const numbers = (value: Value | undefined) =>
  value === undefined ? [] : [...(evaluate([value])[0]?.data ?? [])];
const softmax = (z: Value) => exp(logSoftmax(z));
const Z = [[0.5, -1, 2]];

function softmaxJacobian(): number[][] {
  const [row = []] = Z;
  const total = row.reduce((all, z) => all + Math.exp(z), 0);
  const x = row.map((z) => Math.exp(z) / total);
  return x.map((xi, i) => x.map((xj, j) => (i === j ? xi : 0) - xi * xj));
}

test('(3.5) the Jacobian of softmax is diag(x) - x x^T', () => {
  const wanted = softmaxJacobian().flat();
  numbers(jacobian(softmax)(constant(Z, f64))).forEach((got, i) => {
    expect(Math.abs(got - (wanted[i] ?? Number.NaN))).toBeLessThan(1e-15);
  });
});

test('(1.2) J^T u and J v against the explicit Jacobian of a map that is not symmetric', () => {
  const W = [
    [1, 2],
    [-3, 0.5],
    [0.25, 4],
  ];
  const linear = (x: Value) => matmul(constant(W, f64), x);
  const x = constant([[1], [2]], f64);
  const [back] = vjp(linear)(x)(constant([[1], [10], [100]], f64));
  expect(numbers(back)).toEqual([1 - 30 + 25, 2 + 5 + 400]);
  expect(numbers(jvp(linear)(x)(constant([[3], [-1]], f64)))).toEqual([1, -9.5, -3.25]);
  expect(numbers(jacobian(linear)(x))).toEqual(W.flat());
});

test('<u, J v> = <J^T u, v> for a function of two arguments', () => {
  const f = (a: Value, b: Value) => mul(exp(a), mul(b, b));
  const [a, b] = [constant([0.1, -0.4], f64), constant([1.5, 2], f64)];
  const [va, vb, u] = [constant([1, 2], f64), constant([-1, 0.5], f64), constant([0.3, 0.7], f64)];
  const g = vjp((...x) => f(x[0] ?? a, x[1] ?? b))(a, b)(u);
  const [left] = numbers(sum(mul(u, jvp((...x) => f(x[0] ?? a, x[1] ?? b))(a, b)(va, vb))));
  const right =
    (numbers(sum(mul(g[0] ?? a, va)))[0] ?? Number.NaN) + (numbers(sum(mul(g[1] ?? b, vb)))[0] ?? Number.NaN);
  expect(left).toBeCloseTo(right, 14);
});

test('H v of sum x^3 is 6 x v', () => {
  const cube = (x: Value) => sum(mul(x, mul(x, x)));
  const x = constant([1, -2], f64);
  const [product] = hessianVectorProduct((y = x) => cube(y))(x)(constant([3, 5], f64));
  expect(numbers(product)).toEqual([18, -60]);
});

test('the gradient of a Jacobian: gradients are themselves differentiable', () => {
  const x = constant([0.3, -0.2], f64);
  const [g] = gradient(sum(jacobian((y = x) => exp(y))(x)), [x]);
  numbers(g).forEach((got, i) => {
    expect(got).toBeCloseTo(Math.exp([0.3, -0.2][i] ?? 0), 14);
  });
});
