import { constant, evaluate, fill, gradient, type Layer, sum, Value } from '@pullback/core';
import {
  celu,
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  hardTanh,
  identity,
  leakyRelu,
  logSoftmax,
  mish,
  relu,
  selu,
  sigmoid,
  silu,
  softmax,
  softplus,
  softsign,
  tanh,
} from '@pullback/layers';
import { describe, expect, test } from 'vitest';

const f64 = { dtype: 'float64' } as const;
const sigma = (x: number) => 1 / (1 + Math.exp(-x));
const soft = (x: number) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const within = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);
const geluTanh = (x: number) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

/** Phi(x) by the series of the error function in plain numbers. */
function normalBelow(x: number): number {
  const z = x / Math.SQRT2;
  let [term, total] = [z, z];
  for (let k = 1; k < 200; k++) {
    term *= (-z * z) / k;
    total += term / (2 * k + 1);
  }
  return 0.5 + total / Math.sqrt(Math.PI);
}

const [alpha, scale] = [1.6732632423543772, 1.0507009873554805];
/** Each activation with its formula in plain numbers. */
const activations: Record<string, [(x: Value) => Value, (x: number) => number]> = {
  identity: [identity, (x) => x],
  relu: [relu, (x) => Math.max(x, 0)],
  'leakyRelu 0.01': [leakyRelu, (x) => (x > 0 ? x : 0.01 * x)],
  'leakyRelu 0.2': [(x) => leakyRelu(x, { slope: 0.2 }), (x) => (x > 0 ? x : 0.2 * x)],
  elu: [elu, (x) => (x > 0 ? x : Math.expm1(x))],
  'elu 0.5': [(x) => elu(x, { alpha: 0.5 }), (x) => (x > 0 ? x : 0.5 * Math.expm1(x))],
  selu: [selu, (x) => scale * (x > 0 ? x : alpha * Math.expm1(x))],
  'celu 2': [(x) => celu(x, { alpha: 2 }), (x) => Math.max(x, 0) + Math.min(0, 2 * Math.expm1(x / 2))],
  gelu: [gelu, (x) => (Math.abs(x) > 5 ? Math.max(x, 0) : x * normalBelow(x))],
  'gelu, tanh': [(x) => gelu(x, { approximate: 'tanh' }), geluTanh],
  sigmoid: [sigmoid, sigma],
  silu: [silu, (x) => x * sigma(x)],
  mish: [mish, (x) => x * Math.tanh(soft(x))],
  softplus: [softplus, soft],
  softsign: [softsign, (x) => x / (1 + Math.abs(x))],
  tanh: [tanh, Math.tanh],
  hardSigmoid: [hardSigmoid, (x) => within(x / 6 + 0.5, 0, 1)],
  hardTanh: [hardTanh, (x) => within(x, -1, 1)],
  hardSwish: [hardSwish, (x) => x * within(x / 6 + 0.5, 0, 1)],
};

const run = (f: (x: Value) => Value, xs: readonly number[], dtype: 'float32' | 'float64' = 'float64') => {
  const x = constant([...xs], { dtype });
  const [y, g] = evaluate([f(x), ...gradient(sum(f(x)), [x])]);
  return { y: Array.from(y?.data ?? []), g: Array.from(g?.data ?? []) };
};

describe('value by the formula, derivative by central differences of the formula', () => {
  const xs = [-4.5, -2.2, -0.7, -1e-3, 1e-3, 0.4, 0.95, 2.9, 4.5];
  for (const [name, [f, formula]] of Object.entries(activations))
    test(name, () => {
      const { y, g } = run(f, xs);
      xs.forEach((x, i) => {
        const central = (h: number) => (formula(x + h) - formula(x - h)) / (2 * h);
        const derivative = (4 * central(2e-4) - central(4e-4)) / 3;
        expect([x, Math.abs((y[i] ?? 0) - formula(x)) < 1e-13]).toEqual([x, true]);
        expect([x, Math.abs((g[i] ?? 0) - derivative) < 1e-9]).toEqual([x, true]);
      });
    });
});

describe('at +-100 and +-1000, in float32 and float64, value and gradient are finite and right', () => {
  const xs = [-1000, -100, 100, 1000];
  for (const [name, [f, formula]] of Object.entries(activations))
    for (const dtype of ['float32', 'float64'] as const)
      test(`${name}, ${dtype}`, () => {
        const { y, g } = run(f, xs, dtype);
        xs.forEach((x, i) => {
          const error = Math.abs((y[i] ?? Number.NaN) - formula(x)) / Math.max(1, Math.abs(formula(x)));
          expect([x, error < 1e-6]).toEqual([x, true]);
        });
        expect(g.every(Number.isFinite)).toBe(true);
      });
});

describe('NaN stays NaN', () => {
  for (const [name, [f]] of Object.entries(activations))
    test(name, () => {
      const { y } = run(f, [Number.NaN, 1]);
      expect(y.map(Number.isNaN)).toEqual([true, false]);
    });
});

test('kinks: the derivative of relu at 0 is 0, of leakyRelu the slope, of hardTanh at 1 a half', () => {
  expect(run(relu, [0]).g).toEqual([0]);
  expect(run(leakyRelu, [0]).g).toEqual([0.01]);
  expect(run(hardTanh, [1, -1]).g).toEqual([0.5, 0.5]);
});

describe('called with options or nothing, an activation is a layer', () => {
  const applied = (layer: Layer<readonly [Value]>, x: Value) => {
    const scope = { layout: 'row' } as Parameters<typeof layer.forward>[0];
    return layer.forward(scope, x);
  };
  test('with its options and its name', () => {
    const layer = leakyRelu({ slope: 0.5, name: 'leak' });
    expect([layer.name, layer.label]).toEqual(['leakyRelu', 'leak']);
    expect(Array.from(evaluate(applied(layer, constant([-2, 2], f64))).data)).toEqual([-1, 2]);
    expect(Array.from(evaluate(applied(leakyRelu(), constant([-2, 2], f64))).data)).toEqual([-0.02, 2]);
    expect(applied(gelu({ approximate: 'tanh' }), constant([1], f64))).toBeInstanceOf(Value);
  });
  test('softmax and logSoftmax know where classes lie', () => {
    const x = constant(
      [
        [1, 2],
        [3, 5],
      ],
      f64,
    );
    const rows = Array.from(evaluate(sum(applied(softmax(), x), { axis: 1 })).data);
    rows.forEach((total) => {
      expect(total).toBeCloseTo(1, 15);
    });
    const [a] = evaluate(applied(logSoftmax(), x)).data;
    expect(a).toBeCloseTo(1 - Math.log(Math.exp(1) + Math.exp(2)), 14);
  });
});

test('no elements', () => {
  for (const [f] of Object.values(activations)) expect(evaluate(f(fill(1, [2, 0]))).shape).toEqual([2, 0]);
});

test('the derivative at 0 is the one from below: slope, alpha, scale alpha, and 1 for celu', () => {
  const slopes = [
    leakyRelu,
    elu,
    (x: Value) => elu(x, { alpha: 0.5 }),
    selu,
    (x: Value) => celu(x, { alpha: 2 }),
  ];
  expect(slopes.map((f) => run(f, [0]).g[0])).toEqual([0.01, 1, 0.5, scale * alpha, 1]);
});
