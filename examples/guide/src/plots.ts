import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plotConfusion, plotHistory, plotMatrix, plotRegions, report } from '@pullback/plots';
import { savePicture, tensorBoard } from '@pullback/plots/files';
import { adam, binaryCrossEntropy, confusionMatrix, dense, Model, sequential, sigmoid, tanh } from 'pullback';

const folder = await mkdtemp(join(tmpdir(), 'plots-'));
const x = Array.from({ length: 80 }, (_, i) => [Math.sin(7 * i), Math.cos(3 * i)] as [number, number]);
const labels = x.map(([a, b]) => (a * b > 0 ? 1 : 0));
const y = labels.map((label) => [label]);

// #region plots
const model = await Model.create({
  network: sequential(dense(8, { activation: tanh }), dense(1, { activation: sigmoid })),
  input: [2],
  loss: binaryCrossEntropy(),
  optimizer: adam({ learningRate: 0.03 }),
  seed: 1,
});
const history = await model.fit(x, y, {
  epochs: 20,
  validationSplit: 0.2,
  metrics: ['accuracy'],
  progress: false,
  callbacks: [tensorBoard(folder, { model, histogramsEvery: 5 })], // tensorboard --logdir FOLDER
});

console.log(plotHistory(history).toText({ columns: 60 })); // in the terminal
await savePicture(join(folder, 'loss.svg'), plotHistory(history));
await savePicture(
  join(folder, 'accuracy.png'),
  plotHistory(history, { figures: ['accuracy', 'validation accuracy'] }),
);

const confusion = confusionMatrix(await model.predict(x), labels);
await savePicture(join(folder, 'confusion.svg'), plotConfusion(confusion, { labels: ['outside', 'inside'] }));
const { 'network/0/kernel': kernel } = await model.weights();
const regions = await plotRegions((points) => model.predict(points), { points: { x, y: labels } });

const pictures =
  kernel === undefined ? [regions] : [regions, plotMatrix(kernel, { title: 'Weights of the first layer' })];
const page = report(model, history, { title: 'Quadrants', confusion, seed: 1, pictures }); // HTML that needs nothing else
// #endregion
if (!page.startsWith('<!doctype html>') || (await readdir(folder)).length !== 5)
  throw new Error('a page and five entries were expected');
await rm(folder, { recursive: true });
model.dispose();
console.log('plots: as the documentation says');
