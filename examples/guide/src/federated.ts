import assert from 'node:assert/strict';
// #region federated
import { type Client, Federation, simulate } from '@pullback/federated';
import { dense, Model, meanSquaredError, sequential, sgd, tanh } from 'pullback';

const make = () =>
  Model.create({
    network: sequential(dense(8), tanh(), dense(1)),
    input: [1],
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: 'cpu',
    seed: 2,
  });
const worker = await make();

/** A client has its own stretch of a curve, and shows it to nobody. */
const clients = Array.from({ length: 10 }, (_, i): Client => {
  const x = [[i / 5 - 1], [i / 5 - 0.9]];
  const y = x.map(([at = 0]) => [1 + Math.sin(2 * at)]);
  return {
    name: `client ${i}`,
    async train({ weights }) {
      await worker.load(weights);
      await worker.fit(x, y, { epochs: 4, progress: false });
      return { samples: x.length, weights: await worker.weights() };
    },
  };
});

const federation = new Federation({ weights: await (await make()).weights(), share: 0.7, fewest: 3 });
await simulate(federation, clients, { rounds: 10 });
await worker.load(federation.weights);
const { loss = 1 } = await worker.evaluate([[-0.5], [0.5]], [[1 - Math.sin(1)], [1 + Math.sin(1)]]);
// #endregion
assert(loss < 0.05);

// #region samples
import { epsilonOf } from '@pullback/federated';
import { layerNorm, privateGradients, sampledBatches } from 'pullback';

const x = Array.from({ length: 400 }, (_, i) => [i / 200 - 1]);
const y = x.map(([at = 0]) => [Math.sin(2 * at)]);
const [rate, noise, epochs] = [0.1, 1, 12];

const cautious = await Model.create({
  network: sequential(dense(16), layerNorm(), tanh(), dense(1)),
  input: [1],
  loss: meanSquaredError(),
  optimizer: sgd({ learningRate: 0.2 }),
  backend: 'wasm',
  sampleGradients: privateGradients({ clip: 1, noise, lot: rate * x.length }),
});
await cautious.fit(sampledBatches({ x, y }, { rate }), { epochs, progress: false });
const spent = epsilonOf({ rate, noise, steps: cautious.stepCount }, 1e-4); // 7.45
// #endregion
assert(spent > 7.4 && spent < 7.5, String(spent));
const figures = await cautious.evaluate(x, y);
assert((figures['loss'] ?? 1) < 0.2, String(figures['loss']));
