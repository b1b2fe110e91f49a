// A network after LeNet-5 (LeCun et al. 1998) on MNIST: convolutions, pooling, digits moved by one pixel at random.

import { mosaic } from '@pullback/images';
import { saveImage } from '@pullback/images/files';
import { curve, numberOf, timeTaken } from '@pullback-examples/mnist/curve';
import { loadMnist } from '@pullback-examples/mnist/data';
import {
  adam,
  conv2d,
  dense,
  dropout,
  flatten,
  Model,
  maximizeActivation,
  maxPool,
  oneCycle,
  randomShift,
  relu,
  rescale,
  reshape,
  sequential,
  softmaxCrossEntropy,
  wasm,
} from 'pullback';

const { train, test } = loadMnist();
const [epochs, batchSize] = [numberOf('--epochs', 10), 100];
const steps = Math.ceil((epochs * train.labels.data.length) / batchSize);

const model = await Model.create({
  network: sequential(
    reshape([28, 28, 1]),
    rescale(1 / 255),
    randomShift(1),
    conv2d(16, 5, { padding: 'same' }),
    relu(),
    maxPool(2),
    conv2d(32, 5),
    relu(),
    maxPool(2),
    flatten(),
    dense(128),
    relu(),
    dropout(0.4),
    dense(10),
  ),
  input: [28, 28],
  loss: softmaxCrossEntropy(),
  optimizer: adam({ learningRate: 3e-3, schedule: oneCycle({ steps, up: 0.3 }) }),
  backend: wasm({ threads: 2 }),
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

const { 'network/3/kernel': kernel } = await model.weights();
if (kernel !== undefined) {
  await saveImage('lenet-kernels.png', mosaic(kernel, { axis: -1, zoom: 12, each: true }));
  console.log('lenet-kernels.png: the 16 kernels of the first convolution');
}

// Pictures that units of the last layer answer to: a grey square, moved along the gradient of one output each.
const grey = new Float32Array(28 * 28).fill(96);
const answers = [];
for (let digit = 0; digit < 10; digit++) {
  const batch = { x: { shape: [1, 28, 28], data: grey }, target: { shape: [1], data: Int32Array.of(digit) } };
  const chosen = { path: 'network/13', unit: digit, steps: 100, rate: 4, decay: 0.02 };
  answers.push(...(await maximizeActivation(model, batch, chosen)).data);
}
const pictures = { shape: [10, 28, 28], data: Float32Array.from(answers) };
await saveImage('lenet-answers.png', mosaic(pictures, { columns: 5, zoom: 6, each: true }));
console.log('lenet-answers.png: what each of the ten outputs answers to');
