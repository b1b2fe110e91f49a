import { wasm } from '@pullback/backend-wasm';
import { BACKEND, builtins, createContainer, createModel } from 'pullback';

const container = createContainer(builtins);
container.bind(BACKEND).toConstantValue(wasm());
const model = await createModel(container, {
  input: [2],
  layers: [
    { type: 'dense', units: 2, activation: 'sigmoid' },
    { type: 'dense', units: 1, activation: 'sigmoid' },
  ],
  loss: 'halfSquaredError',
  optimizer: { type: 'sgd', learningRate: 0.5 },
});
const [x, y] = [
  [
    [0, 0],
    [0, 1],
    [1, 0],
    [1, 1],
  ],
  [[0], [1], [1], [0]],
];
await model.fit(x, y, { epochs: 1000, batchSize: 4, progress: false });
document.title = String((await model.predict(x)).data);
