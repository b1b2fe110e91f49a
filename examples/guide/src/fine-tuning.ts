import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors, writeSafetensors } from '@pullback/safetensors';
import {
  adam,
  compareWeights,
  dense,
  Model,
  type NameMap,
  sequential,
  softmaxCrossEntropy,
  tanh,
  tensor,
  transferWeights,
} from 'pullback';

const path = join(await mkdtemp(join(tmpdir(), 'pullback-guide-')), 'model.safetensors');
const numbers = (...shape: number[]) => {
  const size = shape.reduce((n, extent) => n * extent, 1);
  return tensor({ shape, data: Float32Array.from({ length: size }, (_, i) => Math.sin(7 * i + size)) });
};
await writeSafetensors(path, {
  'encoder.0.weight': numbers(16, 2),
  'encoder.0.bias': numbers(16),
  'encoder.2.weight': numbers(16, 16),
  'encoder.2.bias': numbers(16),
  'classifier.weight': numbers(1000, 16),
  'classifier.bias': numbers(1000),
});

// #region file
const file = await openSafetensors(path); // headers alone; a tensor is read when it is asked for
for (const [name, { shape, format }] of file.stored) console.log(name, format, shape);
await file.close();
// #endregion

// #region names
const encoder = sequential(dense(16), tanh(), dense(16), tanh());
const model = await Model.create({
  network: sequential(encoder, dense(3, { name: 'head' })), // three classes, where the file has a thousand
  input: [2],
  loss: softmaxCrossEntropy(),
  optimizer: adam({ learningRate: 0.01 }),
  backend: 'wasm',
});
const names: NameMap = {
  'encoder.{i}.weight': { to: 'network/0/{i}/kernel', transpose: true }, // torch's Linear is [outputs, inputs]
  'encoder.{i}.bias': 'network/0/{i}/bias',
  'classifier.*': null, // not wanted
};
const keep = ['network/head/*']; // new, not in the file
console.log(String(await compareWeights(path, model, { names, keep }))); // taken, missing, left over, shape differs
await transferWeights(path, model, { names, keep }); // all of it, or an error and nothing
// #endregion
const weights = await model.weights();
assert.equal(weights['network/0/0/kernel']?.data[1], numbers(16, 2).data[2]);
