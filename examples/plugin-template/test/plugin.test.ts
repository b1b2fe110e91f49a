import { builtins, createContainer, createModel, dense, Model, OptionError, sequential, sgd } from 'pullback';
import { describe, expect, test } from 'vitest';
import { quantileLoss, snake, swiglu, template } from '../src/index.ts';

const x = Array.from({ length: 60 }, (_, i) => [i / 10 - 3]);

test('snake learns what repeats, and swiglu is trained with it', async () => {
  const model = await Model.create({
    network: sequential(swiglu(8), dense(8), snake({ frequency: 2 }), dense(1)),
    input: [1],
    loss: quantileLoss(),
    optimizer: sgd({ learningRate: 0.05 }),
    seed: 2,
  });
  const y = x.map(([value = 0]) => [Math.sin(2 * value)]);
  const history = await model.fit(x, y, { epochs: 150, batchSize: 10, progress: false });
  expect(history.at(-1)?.['loss']).toBeLessThan(0.3 * (history[0]?.['loss'] ?? 0));
  expect(Object.keys(await model.weights())).toContain('network/0/beta');
});

test('the loss is least at the quantile of the targets', async () => {
  // One bias, and targets 1 to 10: the 0.8 quantile lies between 8 and 9.
  const model = await Model.create({
    network: dense(1, { kernelInitializer: () => new Float64Array(1) }),
    input: [1],
    loss: quantileLoss({ quantile: 0.8 }),
    optimizer: sgd({ learningRate: 0.05 }),
  });
  const zeros = x.slice(0, 10).map(() => [0]);
  const targets = zeros.map((_, i) => [i + 1]);
  for (let i = 0; i < 2000; i++) model.step({ x: zeros, y: targets });
  const { 'network/bias': bias } = await model.weights();
  expect(bias?.data[0]).toBeGreaterThanOrEqual(7.9);
  expect(bias?.data[0]).toBeLessThanOrEqual(9.1);
});

describe('by name', () => {
  const container = createContainer(builtins, template);
  test('a model as data', async () => {
    const model = await createModel(container, {
      input: [2],
      layers: [{ type: 'swiglu', units: 3 }, 'snake', { type: 'dense', units: 1, activation: 'snake' }],
      loss: { type: 'quantile', quantile: 0.9 },
      optimizer: { type: 'sgd', learningRate: 0.1 },
    });
    expect(model.summary()).toContain('swiglu');
  });
  test('options that do not fit are refused with their place', async () => {
    await expect(
      createModel(container, {
        input: [2],
        layers: [{ type: 'swiglu', units: 0.5 }],
        loss: 'quantile',
        optimizer: { type: 'sgd', learningRate: 0.1 },
      }),
    ).rejects.toThrow(/units.*layers\[0\]/s);
    expect(() => snake({ frequency: 0 })).toThrow(OptionError);
    expect(() => quantileLoss({ quantile: 1 })).toThrow(OptionError);
    expect(() => swiglu(0)).toThrow(OptionError);
  });
});
