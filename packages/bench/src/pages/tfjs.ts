import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import * as tf from '@tensorflow/tfjs-core';
import { layers, sequential } from '@tensorflow/tfjs-layers';

setWasmPaths('./');
await tf.setBackend('wasm');
const model = sequential({
  layers: [
    layers.dense({ units: 2, activation: 'sigmoid', inputShape: [2] }),
    layers.dense({ units: 1, activation: 'sigmoid' }),
  ],
});
model.compile({ optimizer: tf.train.sgd(0.5), loss: 'meanSquaredError' });
const x = tf.tensor2d([
  [0, 0],
  [0, 1],
  [1, 0],
  [1, 1],
]);
const y = tf.tensor2d([[0], [1], [1], [0]]);
await model.fit(x, y, { epochs: 1000, batchSize: 4, verbose: 0 });
document.title = String(model.predict(x));
