import { cpu } from '@pullback/backend-cpu';
import { type Backend, type Layer, OptionError, type Program, type Value } from '@pullback/core';
import {
  type Constraint,
  constrained,
  dense,
  dropout,
  filled,
  frozen,
  l1,
  l1l2,
  l2,
  maxNorm,
  minMaxNorm,
  nonNegative,
  regularized,
  sequential,
  tanh,
  unitNorm,
} from '@pullback/layers';
import { halfSquaredError, meanSquaredError } from '@pullback/losses';
import { adam, adamw, sgd } from '@pullback/optimizers';
import { Model, type ModelOptions } from '@pullback/train';
import { describe, expect, test } from 'vitest';

const X = [
  [1, -2],
  [0.5, 3],
];
const T = [[0.3], [-0.2]];
const create = (network: Layer<readonly [Value]>, options: Partial<ModelOptions> = {}) =>
  Model.create({
    network,
    input: [2],
    loss: halfSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: cpu(),
    dtype: 'float64',
    ...options,
  });
const kernelOf = async (model: Model, path = 'network/kernel') =>
  Array.from((await model.weights())[path]?.data ?? []);
const plain = (options: Parameters<typeof dense>[1] = {}) =>
  dense(1, { bias: false, kernelInitializer: filled(0.5), ...options });

describe('regularisers add their derivative to the gradient, and nothing to the loss that is reported', () => {
  /** One step from W = (0.5, 0.5), by hand: dE/dW = X^T (X W - T), plus that of the penalty. */
  const byHand = (slope: number) => {
    const w = [0.5, 0.5];
    const error = X.map(([a = 0, b = 0], i) => a * 0.5 + b * 0.5 - (T[i]?.[0] ?? 0));
    return w.map(
      (x, j) => x - 0.1 * (X.reduce((sum, row, i) => sum + (row[j] ?? 0) * (error[i] ?? 0), 0) + slope),
    );
  };
  for (const [name, regularizer, slope] of [
    ['l1', l1(0.2), 0.2],
    ['l2', l2(0.3), 2 * 0.3 * 0.5],
    ['both', l1l2({ l1: 0.2, l2: 0.3 }), 0.5],
  ] as const)
    test(name, async () => {
      const model = await create(regularized(plain(), { kernel: regularizer }));
      const { loss } = await model.evaluate(X, T);
      const step = model.step({ x: X, y: T });
      expect(await step.loss.read()).toBe(loss);
      const [kernel, wanted] = [await kernelOf(model), byHand(slope)];
      kernel.forEach((x, i) => {
        expect(x).toBeCloseTo(wanted[i] ?? Number.NaN, 14);
      });
    });
  test('a name that is not there changes nothing, and a negative factor is refused', async () => {
    const [a, b] = [await create(regularized(plain(), { bias: l2(9) })), await create(plain())];
    for (const model of [a, b]) await model.fit(X, T, { epochs: 2, progress: false });
    expect(await kernelOf(a)).toEqual(await kernelOf(b));
    expect(() => l2(-1)).toThrow(OptionError);
  });
});

describe('constraints hold after every step', () => {
  const norms = (kernel: number[]) => Math.hypot(...kernel);
  const cases: [string, Constraint, (kernel: number[]) => boolean][] = [
    ['nonNegative', nonNegative(), (kernel) => kernel.every((x) => x >= 0) && kernel.includes(0)],
    ['unitNorm', unitNorm(), (kernel) => Math.abs(norms(kernel) - 1) < 1e-14],
    ['maxNorm', maxNorm(0.1), (kernel) => norms(kernel) < 0.1 + 1e-14],
    ['minMaxNorm', minMaxNorm({ low: 2, high: 3 }), (kernel) => norms(kernel) > 2 - 1e-14],
  ];
  for (const [name, constraint, holds] of cases)
    test(name, async () => {
      const model = await create(constrained(plain(), { kernel: constraint }), {
        loss: meanSquaredError(),
      });
      for (let i = 0; i < 5; i++) model.step({ x: X, y: T });
      expect([await kernelOf(model), holds(await kernelOf(model))]).toEqual([expect.anything(), true]);
    });
  test('a weight of 0 stays 0, without NaN', async () => {
    const zero = constrained(plain({ kernelInitializer: filled(0) }), unitNorm());
    const model = await create(zero, { optimizer: sgd({ learningRate: 1e-300 }) });
    model.step({ x: [[0, 0]], y: [[0]] });
    expect(await kernelOf(model)).toEqual([0, 0]);
    expect(() => minMaxNorm({ low: 2, high: 1 })).toThrow(OptionError);
  });
});

/** A backend that keeps the Programs that it compiles. */
function watched(): { backend: Backend; programs: Program[] } {
  const programs: Program[] = [];
  const backend = cpu();
  const compile = backend.compile.bind(backend);
  backend.compile = (program) => {
    programs.push(program);
    return compile(program);
  };
  return { backend, programs };
}

describe('freezing', () => {
  test('frozen weights keep their bits under an optimizer that decays weights, and no gradient of them is computed', async () => {
    const { backend, programs } = watched();
    const make = (freeze: boolean) => {
      const encoder = sequential(dense(4), tanh());
      return create(sequential(freeze ? frozen(encoder) : encoder, dense(1)), {
        backend,
        optimizer: adamw({ learningRate: 0.01 }),
      });
    };
    const [cold, warm] = [await make(true), await make(false)];
    const before = await cold.weights();
    for (const model of [cold, warm]) await model.fit(X, T, { epochs: 5, progress: false });
    const after = await cold.weights();
    expect(after['network/0/0/kernel']).toEqual(before['network/0/0/kernel']);
    expect(after['network/0/0/bias']).toEqual(before['network/0/0/bias']);
    expect(after['network/1/kernel']).not.toEqual(before['network/1/kernel']);
    expect(Object.keys(await cold.slots('first')).filter((path) => path.startsWith('network/0'))).toEqual([]);
    const products = programs.map(
      ({ body }) => body.filter(({ primitive }) => primitive.name === 'contract').length,
    );
    // Forward 2, dE/dW of the last layer 1; trained, also dE/dX of the last layer and dE/dW of the first.
    expect(products).toEqual([3, 5]);
    expect(cold.summary()).toContain('17 weights, 12 of them frozen');
  });

  test('what is inside a frozen layer runs as in prediction', async () => {
    const model = await create(sequential(frozen(dropout(0.9)), plain()), {
      optimizer: sgd({ learningRate: 1e-9 }),
    });
    const { loss } = model.step({ x: X, y: T });
    expect(await loss.read()).toBeCloseTo((await model.evaluate(X, T))['loss'] ?? Number.NaN, 6);
  });

  test('the same layer, not frozen, still trains', async () => {
    const layer = plain();
    frozen(layer);
    const model = await create(layer);
    model.step({ x: X, y: T });
    expect(await kernelOf(model)).not.toEqual([0.5, 0.5]);
  });

  test('surgery: the encoder of a trained autoencoder as a frozen layer of a classifier', async () => {
    const encoderOf = () => sequential(dense(3), tanh());
    const auto = await create(sequential(encoderOf(), dense(2)), { optimizer: adam({ learningRate: 0.05 }) });
    await auto.fit(X, X, { epochs: 20, progress: false });
    const learned = await auto.weights();
    const classifier = await create(sequential(tanh(), frozen(encoderOf()), dense(1)), { seed: 9 });
    await classifier.load(learned, { prefix: 'network/1', from: 'network/0' });
    await classifier.fit(X, T, { epochs: 5, progress: false });
    const now = await classifier.weights();
    for (const name of ['kernel', 'bias'])
      expect(now[`network/1/0/${name}`]).toEqual(learned[`network/0/0/${name}`]);
  });

  test('a model of frozen layers alone has nothing to train and says so by standing still', async () => {
    const model = await create(frozen(plain()));
    await model.fit(X, T, { epochs: 2, progress: false });
    expect(await kernelOf(model)).toEqual([0.5, 0.5]);
  });
});
