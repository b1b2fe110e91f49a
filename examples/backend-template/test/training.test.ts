import {
  adam,
  builtins,
  createContainer,
  createModel,
  dense,
  Model,
  sequential,
  softmaxCrossEntropy,
  tanh,
} from 'pullback';
import { expect, test } from 'vitest';
import { TemplateBackend, template } from '../src/index.ts';

const x = Array.from({ length: 32 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
const y = x.map(([a = 0, b = 0]) => [a * b > 0 ? 1 : 0, a * b > 0 ? 0 : 1]);
const options = (): Omit<Parameters<typeof Model.create>[0], 'backend'> => ({
  network: sequential(dense(16), tanh(), dense(2)),
  input: [2],
  loss: softmaxCrossEntropy(),
  optimizer: adam({ learningRate: 0.02 }),
  seed: 1,
});

test('trains as the reference does, bit for bit', async () => {
  const [own, reference] = await Promise.all(
    [new TemplateBackend(), 'cpu' as const].map((backend) => Model.create({ ...options(), backend })),
  );
  for (const model of [own, reference]) await model?.fit(x, y, { epochs: 20, batchSize: 8, progress: false });
  expect(await own?.weights()).toEqual(await reference?.weights());
});

test('a model moves to it in the middle of training, and leaves nothing behind', async () => {
  const backend = new TemplateBackend();
  const model = await Model.create({ ...options(), backend: 'cpu' });
  const before = await model.fit(x, y, { epochs: 20, progress: false });
  await model.to(backend);
  const after = await model.fit(x, y, { epochs: 100, progress: false });
  expect(after.at(-1)?.['loss']).toBeLessThan(0.5 * (before.at(-1)?.['loss'] ?? 0));
  model.dispose();
  expect(backend.statistics()).toEqual({ buffers: 0, bytes: 0 });
});

test('by its name', async () => {
  const model = await createModel(createContainer(builtins, template), {
    input: [2],
    layers: [{ type: 'dense', units: 1 }],
    loss: 'meanSquaredError',
    optimizer: { type: 'sgd', learningRate: 0.1 },
    backend: 'template',
  });
  expect(model.backend).toBeInstanceOf(TemplateBackend);
});
