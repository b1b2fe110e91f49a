import assert from 'node:assert/strict';
import { argmaxOf, readCsv, rowsOf, splitData, standardizer } from '@pullback/data';
import { dense, Model, sequential, sgd, softmaxCrossEntropy } from 'pullback';

const kinds = ['near', 'far'];
const lines = Array.from({ length: 60 }, (_, i) => `${i},${1000 - 7 * i},${kinds[i < 30 ? 0 : 1]}`);
const text = ['width,height,kind', ...lines].join('\n');

// #region table
const table = readCsv(text); // the text of a file, such as await (await fetch('flowers.csv')).text()
const { labels, classes } = table.classes('kind');
const { training, test } = splitData(
  { x: table.numbers('width', 'height'), y: labels },
  { test: 0.2, seed: 1 },
);

const features = standardizer(training.x); // of the training samples alone
const model = await Model.create({
  network: sequential(features.layer(), dense(classes.length)),
  input: [2],
  loss: softmaxCrossEntropy(),
  optimizer: sgd({ learningRate: 0.5 }),
});
await model.fit(training.x, training.y, { epochs: 20, progress: false });

const logits = await model.predict(test.x);
const named = Array.from(argmaxOf(logits).data, (place) => classes[place]); // ['far', 'near', ...]
const [first] = rowsOf(logits); // the numbers of the first sample
// #endregion
assert.equal(first?.length, 2);
assert.deepEqual(
  named,
  Array.from(test.y.data, (label) => classes[label]),
);
model.dispose();
