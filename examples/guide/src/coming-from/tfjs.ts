// #region program
import { adam, binaryCrossEntropy, dense, dropout, Model, relu, sequential, sigmoid } from 'pullback';

const x = Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
const y = x.map(([a = 0, b = 0]) => [a * b > 0 ? 1 : 0]);

// tf.sequential({ layers }), model.compile({ optimizer, loss }): one call, and no shape but that of a sample.
const model = await Model.create({
  network: sequential(dense(16, { activation: relu }), dropout(0.05), dense(1, { activation: sigmoid })),
  input: [2],
  loss: binaryCrossEntropy(),
  optimizer: adam({ learningRate: 0.02 }),
  backend: 'wasm',
  seed: 1,
});
model.summary();
await model.fit(x, y, {
  epochs: 30,
  batchSize: 20,
  metrics: ['accuracy'],
  callbacks: [{ epochEnd: ({ loss }) => void loss }], // onEpochEnd
  progress: false,
});
const { shape, data } = await model.predict(x); // numbers, not a tensor on a device: nothing is tidied up or disposed of
console.log(shape, data[0], await model.evaluate(x, y, { metrics: ['accuracy'] }));
// #endregion

const { accuracy = 0 } = await model.evaluate(x, y, { metrics: ['accuracy'] });
if (!(accuracy > 0.9)) throw new Error(`accuracy ${accuracy}`);
model.dispose();
