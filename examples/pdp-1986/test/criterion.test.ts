import { halfSquaredError, lambda, Model, mul, sgd } from 'pullback';
import { expect, test } from 'vitest';
import { untilLearned } from '../src/criterion.ts';

const patterns = [[0.25], [0.75], [0.25]];
const wrong = [[0.25], [0.25], [0.25]];

/** Shows patterns to a net that says what it is told times `factor`, one at a time, and gives what was counted. */
async function counted(
  targets: readonly (readonly number[])[],
  times: number,
  batchSize: number,
  factor = 1,
) {
  const network = untilLearned(
    lambda((x) => mul(x, factor)),
    { tolerance: 0.25, patterns: patterns.length },
  );
  using model = await Model.create({
    network,
    input: { pattern: [1], target: [1] },
    loss: halfSquaredError(),
    optimizer: sgd({ learningRate: 0 }),
    backend: 'cpu',
    dtype: 'float64',
  });
  model.step({ x: { pattern: patterns, target: targets }, y: targets }, { times, batchSize });
  const states = await model.states();
  return ['shown', 'right', 'learned'].map((name) => states[`network/${name}`]?.data[0]);
}

test.each([
  ['all right from the start', patterns, 6, 1, [6, 6, 0]],
  ['all right, in whole sweeps', patterns, 2, 3, [6, 6, 0]],
  ['the second is wrong each time', wrong, 9, 1, [9, 1, -1]],
  ['the second is wrong each time, in whole sweeps', wrong, 3, 3, [9, 0, -1]],
  ['as far off as the tolerance is wrong', [[0.25], [0.5], [0.25]], 1, 3, [3, 0, -1]],
  ['fewer than a sweep', patterns, 2, 1, [2, 2, -1]],
])('%s', async (_, targets, times, size, expected) => {
  expect(await counted(targets, times, size)).toEqual(expected);
});

test('what is no number is never right', async () => {
  expect(await counted(patterns, 3, 1, Number.NaN)).toEqual([3, 0, -1]);
});
