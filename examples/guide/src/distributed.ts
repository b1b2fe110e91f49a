import assert from 'node:assert/strict';
// #region simulated
import {
  adam,
  dense,
  dropout,
  localSteps,
  Model,
  meanSquaredError,
  sequential,
  simulatedRanks,
  tanh,
} from 'pullback';

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

// #region local
async function trainApart() {
  return Promise.all(
    simulatedRanks(2).map(async (reducer) => {
      const model = await Model.create({ ...options(), backend: 'cpu' });
      const [from, to] = [25 * reducer.rank, 25 * (reducer.rank + 1)];
      await model.fit(x.slice(from, to), y.slice(from, to), {
        epochs: 4,
        batchSize: 5,
        callbacks: [localSteps(model, reducer, { every: 10 })],
        progress: false,
      });
      return model.weights();
    }),
  );
}

const [mine, theirs] = await trainApart();
// #endregion
assert.deepEqual(theirs, mine);
