import assert from 'node:assert/strict';
// #region simulated
import { adam, dense, dropout, Model, meanSquaredError, sequential, simulatedRanks, tanh } from 'pullback';

const x = Array.from({ length: 50 }, (_, i) => [Math.sin(i), Math.cos(i)]);
const y = x.map(([a = 0, b = 0]) => [a * b]);

const options = () => ({
  network: sequential(dense(16), tanh(), dropout(0.1), dense(1)),
  input: [2] as const,
  loss: meanSquaredError(),
  optimizer: adam({ learningRate: 0.01 }),
});

async function train(ranks: number) {
  return Promise.all(
    simulatedRanks(ranks, { parts: 4 }).map(async (reducer) => {
      const model = await Model.create({ ...options(), backend: 'cpu', reducer });
      await model.fit(x, y, { epochs: 2, batchSize: 16, progress: false });
      return model.weights();
    }),
  );
}

const [one, two] = [await train(1), await train(2)];
// #endregion
assert.deepEqual([two[0], two[1]], [one[0], one[0]]);
