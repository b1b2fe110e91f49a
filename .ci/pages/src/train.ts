import {
  adam,
  type BackendName,
  binaryCrossEntropy,
  dense,
  Model,
  sequential,
  sigmoid,
  tanh,
} from 'pullback';

const x = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const y = [[0], [1], [1], [0]];

/** XOR on that backend: where it ran, and the loss at the end. */
export async function train(backend: BackendName): Promise<string> {
  const model = await Model.create({
    network: sequential(dense(8), tanh(), dense(1), sigmoid()),
    input: [2],
    loss: binaryCrossEntropy(),
    optimizer: adam({ learningRate: 0.1 }),
    backend,
    seed: 1,
  });
  await model.fit(x, y, { epochs: 200, batchSize: 4 });
  const { loss } = await model.evaluate(x, y);
  const ran = model.backend.name;
  model.dispose();
  return `${ran} ${loss < 0.05 ? 'learned' : `did not learn: ${loss}`}`;
}
