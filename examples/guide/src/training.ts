import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  adam,
  batches,
  type Callback,
  cosine,
  csvLogger,
  dense,
  earlyStopping,
  findLearningRate,
  halfSquaredError,
  learningRateScheduler,
  loadWeights,
  Model,
  modelCheckpoint,
  reduceOnPlateau,
  sequential,
  tanh,
  tensor,
  terminateOnNaN,
} from 'pullback';

const x = Array.from({ length: 60 }, (_, i) => [Math.sin(i), Math.cos(i)]);
const y = x.map(([a = 0, b = 0]) => [a * b]);
const folder = await mkdtemp(join(tmpdir(), 'pullback-guide-'));
const path = join(folder, 'model.safetensors');
const exported = await mkdtemp(join(tmpdir(), 'pullback-export-'));

// #region options
const options = {
  network: sequential(dense(8), tanh(), dense(1)),
  input: [2],
  loss: halfSquaredError(),
  optimizer: adam({ learningRate: 0.02, schedule: cosine({ steps: 1000 }) }),
};
const model = await Model.create(options);
// #endregion

// #region finder
const { learningRate } = await findLearningRate(model, { x, y }); // the model is as it was
// #endregion
assert.ok(learningRate > 0);

// #region callbacks
const halving: Callback = {
  epochEnd: (_, control) => {
    if (control.epoch % 10 === 0) control.learningRate /= 2; // compiles nothing again
  },
};
const stop = new AbortController();
const history = await model.fit(x, y, {
  epochs: 30,
  batchSize: 16,
  validationSplit: 0.2,
  sampleWeights: x.map((_, i) => (i < 10 ? 2 : 1)),
  callbacks: [halving, earlyStopping({ patience: 5 }), reduceOnPlateau()],
  signal: stop.signal, // ends the fit between two steps
  progress: false,
});
// #endregion
assert.ok(history.length > 0);

// #region recording
const log: string[] = [];
await model.fit(x, y, {
  epochs: 4,
  callbacks: [
    modelCheckpoint(join(folder, 'best.safetensors'), { best: true, monitor: 'loss' }),
    csvLogger({ write: (line) => log.push(line) }), // or createWriteStream('log.csv')
    terminateOnNaN(),
    learningRateScheduler((epoch, before) => (epoch === 3 ? before / 10 : before)),
  ],
  progress: false,
});
// #endregion
assert.equal(log.length, 4);
assert.ok((await loadWeights(join(folder, 'best.safetensors')))['network/0/kernel']);

// #region stream
const stream = {
  async *[Symbol.asyncIterator]() {
    for (const batch of batches({ x, y }, { size: 20 })) yield batch; // from a file, a socket, a generator
  },
};
await model.fit(stream, { epochs: 2, progress: false });
// #endregion

// #region loop
for (const batch of batches({ x, y }, { size: 32, shuffle: true, seed: 1 })) {
  const { loss } = model.step(batch); // nothing is read back ...
  if (model.stepCount % 100 === 0) console.log(await loss.read()); // ... until somebody asks
}
model.step({ x, y }, { times: 100 }); // a hundred steps in one call
model.step({ x, y }, { times: 100, batchSize: 1 }); // each on one sample, round and round
// #endregion

// #region save
await model.save(path); // one safetensors file, written whole or not at all
const later = await Model.load(path, options);
await later.fit(x, y, { epochs: 2, progress: false }); // goes on bit for bit
// #endregion
await model.fit(x, y, { epochs: 2, progress: false });
assert.deepEqual(await later.weights(), await model.weights());
await rm(folder, { recursive: true });

// #region explain
console.log(await model.explain({ x, y })); // the kernels of a training step, what was fused, flops and bytes
// #endregion
assert.match(await model.explain({ x, y }), /kernels/);

// #region export
const { code, loader } = await model.export({ x }); // what it predicts; with y too, its training step
await writeFile(join(exported, 'model.wasm'), code);
await writeFile(join(exported, 'model.js'), loader); // import { load } from './model.js'; no framework
// #endregion
const { load } = (await import(pathToFileURL(join(exported, 'model.js')).href)) as {
  load(code: Uint8Array): Promise<{ run(values: object): { prediction: ArrayLike<number> } }>;
};
const alone = await load(await readFile(join(exported, 'model.wasm')));
const inputs = tensor(x);
assert.deepEqual(alone.run({ x: inputs.data }).prediction, (await model.predict(x)).data);
await rm(exported, { recursive: true });

// #region move
await model.to('cpu', { dtype: 'float64' }); // weights, slots, state, step and random numbers go along
// #endregion
assert.equal(model.dtype, 'float64');

// #region inspect
const report = await model.inspect({ x: x.slice(0, 4), target: y.slice(0, 4) });
report.gradient('network/0/kernel'); // dE/dW, as a tensor
console.log(report.toString()); // a table: path, node, equation, shape, norms of value and gradient
// #endregion
