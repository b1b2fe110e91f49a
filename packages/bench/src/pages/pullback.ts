import { wasm } from '@pullback/backend-wasm';
import { dense, halfSquaredError, Model, sequential, sgd, sigmoid } from 'pullback';

const model = await Model.create({
  network: sequential(dense(2), sigmoid(), dense(1), sigmoid()),
  input: [2],
  loss: halfSquaredError(),
  optimizer: sgd({ learningRate: 0.5 }),
  backend: wasm(),
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
