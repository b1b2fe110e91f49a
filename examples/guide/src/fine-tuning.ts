import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSafetensors, writeSafetensors } from '@pullback/safetensors';
import {
  adam,
  compareWeights,
  dense,
  frozen,
  learningRates,
  loadWeights,
  lora,
  Model,
  mergeLora,
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

const x = Array.from({ length: 30 }, (_, i) => [Math.cos(i), Math.sin(i)]);
const y = x.map(([a = 0]) => (a < -0.5 ? 0 : a < 0.5 ? 1 : 2));
const quiet = { epochs: 2, progress: false } as const;
const headOf = () => dense(3, { name: 'head' });
const options = {
  input: [2],
  loss: softmaxCrossEntropy(),
  optimizer: adam({ learningRate: 0.01 }),
  backend: 'wasm',
} as const;

// #region frozen
const still = await Model.create({
  ...options,
  network: frozen(sequential(encoder, headOf()), { where: 'network/0/**' }), // the head alone learns
});
// #endregion
await still.load(weights);
await still.fit(x, y, quiet);

// #region rates
const careful = learningRates(adam({ learningRate: 0.01 }), {
  'network/0/{i}/*': ({ i }) => 0.5 ** (2 - Number(i) / 2), // the deeper, the less
  '**/head/*': 5,
});
// #endregion
await (await Model.create({ ...options, network: sequential(encoder, headOf()), optimizer: careful })).fit(
  x,
  y,
  quiet,
);

// #region lora
const adapted = await Model.create({
  ...options,
  network: sequential(lora(encoder, { rank: 2, alpha: 4 }), headOf()),
});
await transferWeights(path, adapted, { names, keep: ['**.lora*', 'network/head/*'] });
await adapted.fit(x, y, quiet);
// #endregion
const adapterPath = path.replace('model', 'adapter');
const checkpointPath = path.replace('model', 'checkpoint');

// #region adapter
const learned = await adapted.weights({ only: ['**.lora*', 'network/head/*'] });
await writeSafetensors(adapterPath, learned); // what the base becomes this model by
await adapted.load(await loadWeights(adapterPath), { keep: '**' }); // into a model that has the base

await adapted.save(checkpointPath, { learned: true }); // with slots and step, to go on; no frozen weights
await adapted.restore(checkpointPath);

const merged = await Model.create({ ...options, network: sequential(encoder, headOf()) });
await merged.load(mergeLora(await adapted.weights())); // W + 4/2 A B: no trace of it is left
// #endregion
const [one, other] = [await merged.predict(x), await adapted.predict(x)];
assert.ok(one.data.every((value, i) => Math.abs(value - (other.data[i] ?? 0)) < 1e-4));
