/*
 * What TensorFlow.js predicts with the models of esrgan-slim: esrgan.json.
 *
 *   npm install @tensorflow/tfjs@4.11.0 @upscalerjs/esrgan-slim@1.0.0 && node esrgan.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';

await tf.setBackend('cpu');
const out = {};
for (const scale of ['x2', 'x4']) {
  const folder = `node_modules/@upscalerjs/esrgan-slim/models/${scale}/`;
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(`${folder}model.json`));
  const bytes = Buffer.concat(
    weightsManifest.flatMap(({ paths }) => paths.map((path) => readFileSync(folder + path))),
  );
  const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
  const model = await tf.loadLayersModel({ load: async () => ({ modelTopology, weightSpecs, weightData }) });
  const x = tf.tensor(
    Float32Array.from({ length: 90 }, (_, i) => 0.5 + 0.5 * Math.sin(1.3 * i)),
    [1, 5, 6, 3],
  );
  const y = model.predict(x);
  out[scale] = { shape: y.shape, data: Array.from(y.dataSync(), (value) => Number(value.toPrecision(9))) };
}
writeFileSync(new URL('esrgan.json', import.meta.url), JSON.stringify(out));
