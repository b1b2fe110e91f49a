// The state of a layer from a plugin goes through save, load and to.
import assert from 'node:assert/strict';
import { builtins, createContainer, createModel, loadModel, type ModelSpec, plugin } from 'pullback';
import { centered } from './running-mean.ts';

declare module 'pullback' {
  interface LayerSpecs {
    centered: object;
  }
}

const container = createContainer(
  builtins,
  plugin(({ layer }) => layer('centered', () => centered())),
);
const spec: ModelSpec = {
  input: [2],
  layers: [{ type: 'dense', units: 3 }, 'centered', 'tanh', { type: 'dense', units: 1 }],
  loss: 'meanSquaredError',
  optimizer: { type: 'adam', learningRate: 0.01 },
  dtype: 'float64',
};
const x = Array.from({ length: 8 }, (_, i) => [Math.sin(i), 3 + Math.cos(i)]);
const y = x.map(([a = 0]) => [a]);

const model = await createModel(container, spec);
await model.fit(x, y, { epochs: 5, batchSize: 4, progress: false });
const wanted = await model.predict(x);
const parts: Uint8Array[] = [];
await model.save(new WritableStream<Uint8Array>({ write: (part) => void parts.push(new Uint8Array(part)) }));
const loaded = await loadModel(container, Buffer.concat(parts));
assert.deepEqual(await loaded.predict(x), wanted);
await loaded.to('cpu');
assert.deepEqual(await loaded.predict(x), wanted);
for (const each of [model, loaded]) await each.fit(x, y, { epochs: 2, batchSize: 4, progress: false });
assert.deepEqual(await loaded.predict(x), await model.predict(x));

// Weights alone are not all of it: the running mean is a state.
const fresh = await createModel(container, spec);
await fresh.load(await model.weights());
assert.notDeepEqual((await fresh.predict(x)).data, (await model.predict(x)).data);
