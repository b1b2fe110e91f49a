import type { Value } from '@pullback/core';
import * as p from '@pullback/core';
import { describe, expect, test } from 'vitest';

const f64 = { dtype: 'float64' } as const;

/** Elementwise functions with value and derivative in closed form by another implementation. */
const functions: Record<string, [(x: Value) => Value, (x: number) => number, (x: number) => number]> = {
  neg: [p.neg, (x) => -x, () => -1],
  abs: [p.abs, Math.abs, Math.sign],
  sign: [p.sign, Math.sign, () => 0],
  square: [p.square, (x) => x * x, (x) => 2 * x],
  sqrt: [p.sqrt, Math.sqrt, (x) => 1 / (2 * Math.sqrt(x))],
  exp: [p.exp, Math.exp, Math.exp],
  expm1: [p.expm1, Math.expm1, Math.exp],
  log: [p.log, Math.log, (x) => 1 / x],
  log1p: [p.log1p, Math.log1p, (x) => 1 / (1 + x)],
  sin: [p.sin, Math.sin, Math.cos],
  cos: [p.cos, Math.cos, (x) => -Math.sin(x)],
  tanh: [p.tanh, Math.tanh, (x) => 1 - Math.tanh(x) ** 2],
  floor: [p.floor, Math.floor, () => 0],
  ceil: [p.ceil, Math.ceil, () => 0],
  reciprocal: [p.reciprocal, (x) => 1 / x, (x) => -1 / x / x],
  relu: [p.relu, (x) => Math.max(x, 0), (x) => (x <= 0 ? 0 : 1)],
  sigmoid: [
    p.sigmoid,
    (x) => 1 / (1 + Math.exp(-x)),
    (x) => Math.exp(-Math.abs(x)) / (1 + Math.exp(-Math.abs(x))) ** 2,
  ],
  softplus: [
    p.softplus,
    (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    (x) => 1 / (1 + Math.exp(-x)),
  ],
  logSigmoid: [
    p.logSigmoid,
    (x) => Math.min(x, 0) - Math.log1p(Math.exp(-Math.abs(x))),
    (x) => 1 / (1 + Math.exp(x)),
  ],
  'pow 3': [(x) => p.pow(x, 3), (x) => x ** 3, (x) => 3 * x * x],
  'maximum with 1': [(x) => p.maximum(x, 1), (x) => Math.max(x, 1), (x) => (x > 1 ? 1 : x === 1 ? 0.5 : 0)],
  'clip to +-2': [
    (x) => p.clip(x, -2, 2),
    (x) => Math.min(Math.max(x, -2), 2),
    (x) => (Math.abs(x) < 2 ? 1 : 0),
  ],
};

const close = (got: number, wanted: number, scale: number) =>
  Object.is(got + 0, wanted + 0) || Math.abs(got - wanted) <= 1e-14 * Math.max(Math.abs(wanted), scale);

describe('value and derivative at +-100, +-1000, +-Infinity and in between, in float64', () => {
  const xs = [-Infinity, -1000, -100, -1.5, 1.5, 100, 1000, Infinity];
  for (const [name, [f, value, derivative]] of Object.entries(functions))
    test(name, () => {
      const x = p.constant(xs, f64);
      const [y, g] = p.evaluate([f(x), ...p.gradient(p.sum(f(x)), [x])]);
      xs.forEach((at, i) => {
        expect([at, y?.data[i], close(y?.data[i] ?? 0, value(at), 1e-3)]).toEqual([at, y?.data[i], true]);
        // At an infinity a derivative may be the limit or NaN; between them it must be right.
        if (Number.isFinite(at) || !Number.isNaN(g?.data[i] ?? 0))
          expect([at, g?.data[i], close(g?.data[i] ?? 0, derivative(at), 1e-3)]).toEqual([
            at,
            g?.data[i],
            true,
          ]);
      });
    });
});

describe('NaN comes through, and only where it was', () => {
  for (const [name, [f]] of Object.entries(functions))
    test(name, () => {
      const [y] = p.evaluate([f(p.constant([Number.NaN, 0.5], f64))]);
      expect([Number.isNaN(y?.data[0]), Number.isNaN(y?.data[1])]).toEqual([true, false]);
    });
});

describe('in float32 derivatives stay finite where the function does', () => {
  const xs = [-1000, -100, 100, 1000];
  for (const [name, [f, value]] of Object.entries(functions))
    test(name, () => {
      const x = p.constant(xs, { dtype: 'float32' });
      const [y, g] = p.evaluate([f(x), ...p.gradient(p.sum(f(x)), [x])]);
      xs.forEach((at, i) => {
        if (!Number.isFinite(Math.fround(value(at)))) return;
        expect([at, Number.isFinite(y?.data[i]), Number.isFinite(g?.data[i])]).toEqual([at, true, true]);
      });
    });
});

describe('no elements, and one', () => {
  for (const [name, [f, value]] of Object.entries(functions))
    test(name, () => {
      for (const shape of [[0], [2, 0, 3], [], [1, 1]]) {
        const x = p.fill(1.5, shape, 'float64');
        const [y, g] = p.evaluate([f(x), ...p.gradient(p.sum(f(x)), [x])]);
        expect([y?.shape, g?.shape]).toEqual([shape, shape]);
        for (const found of y?.data ?? []) expect(close(found, value(1.5), 1e-3)).toBe(true);
      }
    });
});
