import {
  adam,
  type BackendName,
  binaryCrossEntropy,
  builtins,
  createContainer,
  createModel,
  dense,
  Model,
  sequential,
  sigmoid,
  tanh,
} from 'pullback';

export const x = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
export const y = [[0], [1], [1], [0]];

export const make = (backend: BackendName): Promise<Model> =>
  Model.create({
    network: sequential(dense(8), tanh(), dense(1), sigmoid()),
    input: [2],
    loss: binaryCrossEntropy(),
    optimizer: adam({ learningRate: 0.1 }),
    backend,
    seed: 1,
  });

/** XOR on that backend, by objects and by a container: where it ran, and whether both learned. */
export async function train(backend: BackendName): Promise<string> {
  const made = [
    await make(backend),
    await createModel(createContainer(builtins), {
      input: [2],
      layers: [
        { type: 'dense', units: 8, activation: 'tanh' },
        { type: 'dense', units: 1, activation: 'sigmoid' },
      ],
      loss: 'binaryCrossEntropy',
      optimizer: { type: 'adam', learningRate: 0.1 },
      backend,
      seed: 1,
    }),
  ];
  const losses: number[] = [];
  for (const model of made) {
    await model.fit(x, y, { epochs: 200, batchSize: 4 });
    losses.push((await model.evaluate(x, y)).loss);
  }
  const [ran] = made.map((model) => model.backend.name);
  for (const model of made) model.dispose();
  return verdict(ran, losses);
}

export function verdict(ran: string | undefined, losses: readonly number[]): string {
  return losses.every((loss) => loss < 0.05) ? `${ran} learned` : `${ran} did not learn: ${losses.join()}`;
}
