// Trains 784-128-10 (relu, softmax cross entropy, sgd) on real MNIST digits.
import { dense, flatten, Model, relu, rescale, sequential, sgd, softmaxCrossEntropy } from 'pullback';
import { loadMnist } from './data.ts';

const { train, test } = loadMnist();

const model = await Model.create({
  network: sequential(flatten(), rescale(1 / 255), dense(128), relu(), dense(10)),
  input: [28, 28],
  loss: softmaxCrossEntropy(),
  optimizer: sgd({ learningRate: 0.2 }),
  seed: 1,
});
console.log(model.summary());
console.log(`training on ${train.labels.data.length} digits, backend ${model.backend.name}`);
await model.fit(train.images, train.labels, { epochs: 5, batchSize: 100, metrics: ['accuracy'] });
const { accuracy = 0 } = await model.evaluate(test.images, test.labels, { metrics: ['accuracy'] });
console.log(`test accuracy ${accuracy.toFixed(4)}`);
