// Label masks: places whose label is left out count nothing, in the loss, its gradient and the figures.
import { cpu } from '@pullback/backend-cpu';
import { constant, evaluate, gradient, placementOf, type Value } from '@pullback/core';
import { dense } from '@pullback/layers';
import { sequenceCrossEntropy } from '@pullback/losses';
import { bitsPerSymbol, perplexity } from '@pullback/metrics';
import { sgd } from '@pullback/optimizers';
import { Model } from '@pullback/train';
import { expect, test } from 'vitest';

const logits = [
  [
    [1, 2, 3],
    [0, 0, 0],
  ],
  [
    [3, -1, 0.5],
    [0.1, 0.2, 0.3],
  ],
];
const labels = [
  [2, -1],
  [0, 1],
];
/** -log of the probability of a label, as written. */
const error = (z: readonly number[], label: number) =>
  Math.log(z.reduce((total, x) => total + Math.exp(x), 0)) - (z[label] ?? Number.NaN);
const errors = [error([1, 2, 3], 2), error([3, -1, 0.5], 0), error([0.1, 0.2, 0.3], 1)];
const total = errors.reduce((a, b) => a + b);
const z = () => constant(logits, { dtype: 'float64' });
const t = constant(labels, { dtype: 'int32' });
const row = placementOf('row');
const numbers = (value: Value) => Array.from(evaluate(value).data);

test('the mean is over the places that count, the sum too', () => {
  expect(numbers(sequenceCrossEntropy().forward(z(), t, row))[0]).toBeCloseTo(total / 3, 12);
  expect(numbers(sequenceCrossEntropy({ reduction: 'sum' }).forward(z(), t, row))[0]).toBeCloseTo(total, 12);
});

test('no gradient comes from a place that does not count, (softmax - one-hot) / 3 from the others', () => {
  const x = z();
  const [slope = x] = gradient(sequenceCrossEntropy().forward(x, t, row), [x]);
  const found = numbers(slope);
  expect(found.slice(3, 6)).toEqual([0, 0, 0]);
  const e = [1, 2, 3].map((each) => Math.exp(each - 3));
  const all = e.reduce((a, b) => a + b);
  [0, 1, 2].forEach((k) => {
    expect(found[k]).toBeCloseTo(((e[k] ?? 0) / all - (k === 2 ? 1 : 0)) / 3, 12);
  });
});

test('nothing that counts is an error of 0, without NaN', () => {
  const none = constant([[-1, -1]], { dtype: 'int32' });
  const x = constant(logits.slice(0, 1), { dtype: 'float64' });
  const loss = sequenceCrossEntropy().forward(x, none, row);
  expect([...numbers(loss), ...numbers(gradient(loss, [x])[0] ?? x)]).toEqual(new Array(7).fill(0));
});

test('perplexity and bits are over all places of all batches', async () => {
  const model = await Model.create({
    network: dense(3, { bias: false, kernelInitializer: () => Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) }),
    input: [2, 3],
    loss: sequenceCrossEntropy(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: cpu(),
    dtype: 'float64',
  });
  const metrics = [perplexity(), bitsPerSymbol()];
  for (const batchSize of [1, 2]) {
    const figures = await model.evaluate(logits, labels, { metrics, batchSize });
    expect(figures['perplexity']).toBeCloseTo(Math.exp(total / 3), 10);
    expect(figures['bits per symbol']).toBeCloseTo(total / 3 / Math.LN2, 10);
  }
  await expect(
    model.evaluate(logits, [
      [3, 0],
      [0, 0],
    ]),
  ).rejects.toThrow(/the label 3 at \[0, 0\]/);
});
