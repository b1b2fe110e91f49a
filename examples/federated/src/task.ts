import type { Client, Weights } from '@pullback/federated';
import { dense, Model, meanSquaredError, sequential, sgd, tanh } from 'pullback';

/** The model that server and clients agree on. */
export function makeModel(): Promise<Model> {
  return Model.create({
    network: sequential(dense(16), tanh(), dense(1)),
    input: [1],
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: 'cpu',
    seed: 2,
  });
}

const curve = (at: number) => 1 + Math.sin(3 * at);

/** A client whose data are its own piece of a curve, the i-th of `pieces`. They never leave it. */
export async function learner(name: string, piece: number, pieces: number): Promise<Client> {
  const model = await makeModel();
  const x = Array.from({ length: 8 }, (_, i) => [(2 * (piece + i / 8)) / pieces - 1]);
  const y = x.map(([at = 0]) => [curve(at)]);
  return {
    name,
    async train({ weights }) {
      await model.load(weights);
      await model.fit(x, y, { epochs: 4, batchSize: 4, progress: false });
      return { samples: x.length, weights: await model.weights() };
    },
  };
}

/** The error of weights on all of the curve, which no client has seen. */
export async function errorOf(weights: Weights): Promise<number> {
  const model = await makeModel();
  await model.load(weights);
  const x = Array.from({ length: 41 }, (_, i) => [i / 20 - 1]);
  const { loss = Number.NaN } = await model.evaluate(
    x,
    x.map(([at = 0]) => [curve(at)]),
  );
  return loss;
}
