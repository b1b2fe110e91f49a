/*
 * What TensorFlow.js makes of two seconds of sound by the graph model of basic-pitch, at 200 places of each output: basic-pitch.json.
 *
 *   npm install @tensorflow/tfjs@4.11.0 @spotify/basic-pitch@1.0.1 && node basic-pitch.mjs
 */
import { readFileSync, writeFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';

await tf.setBackend('cpu');
const folder = 'node_modules/@spotify/basic-pitch/model/';
const { weightsManifest, ...artifacts } = JSON.parse(readFileSync(`${folder}model.json`));
const bytes = Buffer.concat(
  weightsManifest.flatMap(({ paths }) => paths.map((path) => readFileSync(folder + path))),
);
const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
const weightSpecs = weightsManifest.flatMap(({ weights }) => weights);
const model = await tf.loadGraphModel({ load: async () => ({ ...artifacts, weightSpecs, weightData }) });
// Noise with a tone: of a tone alone most bands are empty, and their logarithms are those of roundings.
let state = 1;
const sound = Float32Array.from({ length: 43844 }, (_, i) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return 0.5 * (state / 2 ** 32 - 0.5) + 0.3 * Math.sin(0.0627 * i);
});
const names = ['Identity:0', 'Identity_1:0', 'Identity_2:0'];
const made = await model.executeAsync(tf.tensor(sound, [1, 43844, 1]), names);
const out = {};
names.forEach((name, k) => {
  const { shape } = made[k];
  const data = made[k].dataSync();
  const every = Math.floor(data.length / 200);
  out[name] = {
    shape,
    every,
    data: Array.from({ length: 200 }, (_, i) => Number(data[i * every].toPrecision(9))),
  };
});
writeFileSync(new URL('basic-pitch.json', import.meta.url), JSON.stringify(out));
