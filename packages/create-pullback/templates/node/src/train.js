import { adam, dense, Model, sequential, softmaxCrossEntropy, tanh } from 'pullback';
import { rings } from './rings.js';

const { points, labels } = rings(200);
const model = await Model.create({
  network: sequential(dense(16), tanh(), dense(2)),
  input: [2], // the shape of one sample
  loss: softmaxCrossEntropy(),
  optimizer: adam({ learningRate: 0.05 }),
  backend: 'auto',
  seed: 1,
});
await model.fit(points, labels, { epochs: 60, batchSize: 20, metrics: ['accuracy'] });
const { accuracy } = await model.evaluate(points, labels, { metrics: ['accuracy'] });
console.log(`trained on ${model.backend.name}: accuracy ${accuracy}`);
