// XOR by objects and by a container, on the backend that the address names: ?backend=wasm. The answer becomes the title.
import {
  adam,
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

const x = [
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
];
const y = [[0], [1], [1], [0]];

async function learned(backend) {
  const made = [
    await Model.create({
      network: sequential(dense(8), tanh(), dense(1), sigmoid()),
      input: [2],
      loss: binaryCrossEntropy(),
      optimizer: adam({ learningRate: 0.1 }),
      backend,
      seed: 1,
    }),
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
  for (const model of made) {
    await model.fit(x, y, { epochs: 200, batchSize: 4 });
    const { loss } = await model.evaluate(x, y);
    if (!(loss < 0.05)) return `${model.backend.name} did not learn: ${loss}`;
  }
  return `${made[0].backend.name} learned`;
}

learned(new URLSearchParams(location.search).get('backend')).then(
  (said) => {
    document.title = said;
  },
  (why) => {
    document.title = `failed: ${why}`;
  },
);
