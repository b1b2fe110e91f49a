import assert from 'node:assert/strict';
import { dense, Model, relu, sequential, sgd, softmaxCrossEntropy } from 'pullback';

// Points on two rings around each other, and their ring.
const points = Array.from({ length: 400 }, (_, i) => {
  const [angle, radius] = [i * 2.399963, i % 2 === 0 ? 0.4 : 1];
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
});
const rings = points.map((_, i) => i % 2);
const [testPoints, testRings] = [points.slice(350), rings.slice(350)];

// #region model
const model = await Model.create({
  network: sequential(dense(16), relu(), dense(2)),
  input: [2], // the shape of one sample
  loss: softmaxCrossEntropy(), // on logits; integer or one-hot labels
  optimizer: sgd({ learningRate: 0.5 }),
  backend: 'auto', // a name, or a Backend
  seed: 1,
});
console.log(model.summary());
// #endregion
// #region fit
const history = await model.fit(points.slice(0, 350), rings.slice(0, 350), {
  epochs: 40,
  batchSize: 25,
  validationSplit: 0.1,
  metrics: ['accuracy'],
  progress: false, // a bar on a terminal when left out
});
console.log(history.at(-1)); // { loss, accuracy, 'validation loss', 'validation accuracy' }
console.log(await model.evaluate(testPoints, testRings, { metrics: ['accuracy'] }));
// #endregion
// #region use
const logits = await model.predict(testPoints); // { shape: [50, 2], dtype: 'float32', data: Float32Array }
const weights = await model.weights(); // { 'network/0/kernel': { shape, data }, ... }
await model.load(weights, { prefix: 'network/0' }); // puts them back, all or those under a path
// #endregion

const { accuracy = 0 } = await model.evaluate(testPoints, testRings, { metrics: ['accuracy'] });
assert.ok(accuracy > 0.95);
assert.deepEqual(logits.shape, [50, 2]);
assert.deepEqual(Object.keys(weights), [
  'network/0/kernel',
  'network/0/bias',
  'network/2/kernel',
  'network/2/bias',
]);
