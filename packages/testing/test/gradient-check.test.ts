import { cpu } from '@pullback/backend-cpu';
import {
  concatenate,
  defineActivation,
  defineLayer,
  defineLoss,
  defineNode,
  div,
  log,
  matmul,
  mul,
  neg,
  softmax as softmaxOf,
  square,
  sub,
  sum,
  transpose,
  type Value,
} from '@pullback/core';
import { dense, gelu, glorotUniform, residual, sequential, softmax, tanh } from '@pullback/layers';
import { categoricalCrossEntropy, halfSquaredError } from '@pullback/losses';
import { adam, sgd } from '@pullback/optimizers';
import { gradientCheck } from '@pullback/testing';
import { Model, type ModelOptions } from '@pullback/train';
import { describe, expect, test } from 'vitest';

const x = Array.from({ length: 5 }, (_, i) => [Math.sin(i), Math.cos(2 * i), i / 5]);
const target = x.map(([a = 0]) => [a, 1 - a]);
const create = (network: ModelOptions['network'], more: Partial<ModelOptions> = {}) =>
  Model.create({
    network,
    input: [3],
    loss: halfSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: cpu(),
    ...more,
  });

const doubled = defineActivation('doubled', {
  forward: (z) => square(z),
  vjp: (g, { input: z }) => mul(g, z),
});
const product = defineNode('product', {
  forward: (a: Value, b: Value) => matmul(a, b),
  vjp: (g, { inputs: [a, b] }) => [matmul(g, transpose(b)), mul(matmul(transpose(a), g), 0.5)],
});
const own = defineLayer('own', (scope, a: Value) =>
  product(a, scope.parameter('kernel', [a.shape[1] ?? 0, 3], glorotUniform())),
);

describe('gradientCheck', () => {
  test('finds nothing in a right model, in float32 as in float64', async () => {
    const network = sequential(dense(4), gelu(), residual(dense(4), tanh()), dense(2), softmax());
    for (const dtype of ['float32', 'float64'] as const) {
      const model = await create(network, {
        dtype,
        loss: categoricalCrossEntropy(),
        optimizer: adam({ learningRate: 0.01 }),
      });
      expect(await gradientCheck(model, { x, target })).toEqual([]);
    }
  });
  test('names the activation, in the middle of a network, and those that it is in', async () => {
    const model = await create(sequential(dense(3), sequential(tanh(), doubled()), dense(2)));
    const wrong = await gradientCheck(model, { x, target });
    expect(wrong.map(({ path }) => path)).toEqual(['network/1/1', 'network/1', 'network']);
    expect(wrong[0]?.got).toBeCloseTo((wrong[0]?.expected ?? 0) / 2, 6);
  });
  test('names the layer whose weight has a wrong gradient', async () => {
    const [first] = await gradientCheck(await create(sequential(own, dense(2))), { x, target });
    expect(first).toMatchObject({ path: 'network/0', kind: 'own' });
  });
  test('names the loss', async () => {
    const wrong = defineNode('wrong', {
      forward: (p: Value, t: Value) => sum(square(sub(p, t))),
      vjp: (g, { inputs: [p, t] }) => [mul(g, sub(p, t)), undefined],
    });
    const loss = defineLoss('wrong', (p, t) => wrong(p, t));
    expect(await gradientCheck(await create(dense(2), { loss: loss() }), { x, target })).toMatchObject([
      { path: 'loss' },
    ]);
  });
  test('leaves the model as it was', async () => {
    const model = await create(dense(2));
    const before = await model.weights();
    await gradientCheck(model, { x, target });
    expect([await model.weights(), model.stepCount]).toEqual([before, 0]);
  });
});

describe('findNonFinite', () => {
  const unstable = defineActivation('unstable', (z) => log(div(z, z)));
  test('names the first node that makes a NaN, forward or backward', async () => {
    const zero = { kernelInitializer: () => new Float64Array(6) };
    const forward = await create(sequential(dense(2, zero), unstable()));
    expect((await forward.findNonFinite({ x, y: target }))?.message).toMatch(/network\/1.*NaN.*forward/s);
    const backward = await create(
      sequential(
        dense(2, { ...zero, kernelInitializer: () => new Float64Array(6).fill(1000) }),
        defineActivation('p', (z) => neg(log(mul(z, 0.001))))(),
      ),
      { dtype: 'float64' },
    );
    expect((await backward.findNonFinite({ x: [[0, 0, 0]], y: [[1, 1]] }))?.message).toMatch(/Infinity|NaN/);
    const fine = await create(dense(2));
    expect(await fine.findNonFinite({ x, y: target })).toBeUndefined();
    expect(fine.stepCount).toBe(0);
  });
});

test('several inputs and outputs', async () => {
  const [a, b] = [dense(2, { name: 'a' }), dense(1, { name: 'b' })];
  const network = defineLayer('two', (scope, p: Value, q: Value) => {
    const h = softmaxOf(concatenate([p, q]));
    return { a: scope.apply(a, h), b: doubled(scope.apply(b, h)) };
  });
  const model = await create(network, {
    input: { p: [3], q: [3] },
    loss: { a: halfSquaredError(), b: halfSquaredError() },
  });
  const wrong = await gradientCheck(model, {
    x: { p: x, q: x },
    target: { a: target, b: target.map(([t = 0]) => [t]) },
  });
  expect(wrong.map(({ path }) => path)).toEqual(['network']);
});
