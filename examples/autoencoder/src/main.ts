// Digits through 16 numbers and back: a convolutional autoencoder. With --denoise the digits that it learns from, and those that it is shown, are noisy.

import { mosaic } from '@pullback/images';
import { saveImage } from '@pullback/images/files';
import { curve, numberOf, timeTaken } from '@pullback-examples/mnist/curve';
import { loadMnist } from '@pullback-examples/mnist/data';
import {
  adam,
  conv2d,
  convTranspose,
  dense,
  flatten,
  gaussianNoise,
  Model,
  RandomStream,
  relu,
  reshape,
  sequential,
  sigmoidBinaryCrossEntropy,
  type Tensor,
  tensor,
  wasm,
} from 'pullback';

const denoising = process.argv.includes('--denoise');
const [epochs, samples] = [numberOf('--epochs', 5), numberOf('--samples', 60_000)];
const { train, test } = loadMnist();

/** The first digits of a set as [n, 28, 28, 1] from 0 to 1. */
const digits = (data: Uint8Array, count: number): Tensor =>
  tensor({
    shape: [count, 28, 28, 1],
    data: Float32Array.from(data.subarray(0, count * 784), (x) => x / 255),
  });

const same = { padding: 'same', strides: 2 } as const;
const encoder = {
  ...sequential(conv2d(16, 3, same), relu(), conv2d(32, 3, same), relu(), flatten(), dense(16)),
  label: 'encoder',
};
const decoder = sequential(
  dense(7 * 7 * 32),
  relu(),
  reshape([7, 7, 32]),
  convTranspose(16, 3, same),
  relu(),
  convTranspose(1, 3, same),
);
const common = {
  input: [28, 28, 1],
  loss: sigmoidBinaryCrossEntropy(),
  optimizer: adam({ learningRate: 2e-3 }),
  backend: wasm({ threads: 2 }),
  seed: 1,
};
const model = await Model.create({
  ...common,
  network: sequential(...(denoising ? [gaussianNoise(0.4)] : []), encoder, decoder),
});
console.log(model.summary());
const x = digits(train.images.data, samples);
const history = await model.fit(x, x, { epochs, batchSize: 100 });
console.log(
  curve(
    'loss by epoch',
    history.map(({ loss = 0 }) => loss),
  ),
);

// Twelve digits that it never saw, their codes as pictures of 4 x 4, and what becomes of them.
const clean = digits(test.images.data, 12);
const random = RandomStream.of(1, 'noise');
const shown = denoising
  ? { ...clean, data: Float32Array.from(clean.data, (value) => value + 0.4 * random.normal()) }
  : clean;
const coding = await Model.create({ ...common, network: sequential(encoder) });
const weights = Object.entries(await model.weights());
await coding.load(Object.fromEntries(weights.filter(([path]) => path.startsWith('network/encoder/'))));
const codes = tensor(await coding.predict(shown), { shape: [12, 4, 4] });
const logits = await model.predict(shown);
const made = Float32Array.from(logits.data, (z) => 1 / (1 + Math.exp(-z)));

const name = denoising ? 'denoised' : 'autoencoder';
const columns = 12;
await saveImage(`${name}-digits.png`, mosaic(shown, { columns, zoom: 2 }));
await saveImage(`${name}-codes.png`, mosaic(codes, { columns, zoom: 14 }));
await saveImage(`${name}-made.png`, mosaic({ shape: clean.shape, data: made }, { columns, zoom: 2 }));
const error = made.reduce((sum, value, i) => sum + (value - (clean.data[i] ?? 0)) ** 2, 0) / made.length;
console.log(
  `${name}-digits.png, -codes.png, -made.png; mean squared error of twelve digits ${error.toFixed(4)}, ${timeTaken()}`,
);
