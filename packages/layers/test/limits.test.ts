// Activations at infinities are their limits, and derivatives those of their asymptotes; a NaN stays one.

import { constant, evaluate, type FloatDType, gradient, sum, type Value } from '@pullback/core';
import * as layers from '@pullback/layers';
import { describe, expect, test } from 'vitest';

const selu = { alpha: 1.6732632423543772, scale: 1.0507009873554805 };

/** f(-infinity), f(infinity), f'(-infinity), f'(infinity). */
const limits: Readonly<Record<string, readonly [(x: Value) => Value, number, number, number, number]>> = {
  identity: [layers.identity, -Infinity, Infinity, 1, 1],
  sigmoid: [layers.sigmoid, 0, 1, 0, 0],
  tanh: [(x) => layers.tanh(x), -1, 1, 0, 0],
  relu: [layers.relu, 0, Infinity, 0, 1],
  leakyRelu: [(x) => layers.leakyRelu(x, { slope: 0.25 }), -Infinity, Infinity, 0.25, 1],
  elu: [(x) => layers.elu(x), -1, Infinity, 0, 1],
  celu: [(x) => layers.celu(x, { alpha: 2 }), -2, Infinity, 0, 1],
  selu: [layers.selu, -selu.alpha * selu.scale, Infinity, 0, selu.scale],
  gelu: [(x) => layers.gelu(x), 0, Infinity, 0, 1],
  'gelu by tanh': [(x) => layers.gelu(x, { approximate: 'tanh' }), 0, Infinity, 0, 1],
  silu: [layers.silu, 0, Infinity, 0, 1],
  mish: [layers.mish, 0, Infinity, 0, 1],
  softplus: [(x) => layers.softplus(x), 0, Infinity, 0, 1],
  softsign: [layers.softsign, -1, 1, 0, 0],
  hardSigmoid: [layers.hardSigmoid, 0, 1, 0, 0],
  hardTanh: [layers.hardTanh, -1, 1, 0, 0],
  hardSwish: [layers.hardSwish, 0, Infinity, 0, 1],
};

describe.each(['float32', 'float64'] as const)('%s', (dtype: FloatDType) => {
  test.each(Object.entries(limits))('%s', (_, [f, low, high, lowSlope, highSlope]) => {
    const x = constant([-Infinity, Infinity, Number.NaN], { dtype });
    const y = f(x);
    const [slope = x] = gradient(sum(y), [x]);
    const [values, slopes] = [y, slope].map((value) => Array.from(evaluate(value).data, (at) => at + 0));
    const rounded = (number: number) => (dtype === 'float32' ? Math.fround(number) : number);
    expect(values).toEqual([rounded(low), rounded(high), Number.NaN]);
    expect(slopes?.slice(0, 2)).toEqual([rounded(lowSlope), rounded(highSlope)]);
  });
});
