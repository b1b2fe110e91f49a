// Clothes by a small convolutional network: four convolutions, normalised over the batch, pictures mirrored at random.
import { curve, numberOf, timeTaken } from '@pullback-examples/mnist/curve';
import {
  adamw,
  batchNorm,
  conv2d,
  dense,
  dropout,
  flatten,
  Model,
  maxPool,
  oneCycle,
  randomFlip,
  relu,
  rescale,
  reshape,
  sequential,
  softmaxCrossEntropy,
} from 'pullback';
import { baselines, loadFashion } from './data.ts';

const { train, test } = loadFashion();
const [epochs, batchSize] = [numberOf('--epochs', 10), 120];
const steps = Math.ceil((epochs * train.labels.data.length) / batchSize);
const conv = (filters: number) => conv2d(filters, 3, { padding: 'same', bias: false });

const model = await Model.create({
  network: sequential(
    reshape([28, 28, 1]),
    rescale(1 / 255),
    randomFlip(),
    ...[conv(16), maxPool(2), batchNorm(), relu()],
    ...[conv(32), batchNorm(), relu()],
    ...[conv(32), maxPool(2), batchNorm(), relu()],
    ...[conv(64), batchNorm(), relu()],
    flatten(),
    dropout(0.3),
    dense(10),
  ),
  input: [28, 28],
  loss: softmaxCrossEntropy(),
  optimizer: adamw({ learningRate: 6e-3, weightDecay: 0.01, schedule: oneCycle({ steps, up: 0.25 }) }),
  backend: 'auto', // native code where there is a C compiler, else WebAssembly
  seed: 1,
});
console.log(model.summary());
const history = await model.fit(train.images, train.labels, { epochs, batchSize, metrics: ['accuracy'] });
console.log(
  curve(
    'loss by epoch',
    history.map(({ loss = 0 }) => loss),
  ),
);
const { accuracy = 0 } = await model.evaluate(test.images, test.labels, { metrics: ['accuracy'] });
console.log(`test accuracy ${accuracy.toFixed(4)}, ${timeTaken()}`);

const known = baselines();
if (known.length > 0) {
  const place = known.findIndex(([, other]) => other <= accuracy);
  const ours = ['this network', accuracy] as const;
  const list = place < 0 ? [...known, ours] : [...known.slice(0, place), ours, ...known.slice(place)];
  console.log('\nbeside what comes with the data:');
  for (const [name, figure] of list.slice(Math.max(0, list.indexOf(ours) - 6), list.indexOf(ours) + 7))
    console.log(`${figure.toFixed(3)}  ${name}`);
}
