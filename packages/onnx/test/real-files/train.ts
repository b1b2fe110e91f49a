// npx tsx --tsconfig tsconfig.base.json --conditions=@pullback/source packages/onnx/test/real-files/train.ts FOLDER OUT
// Trains each file that files.py downloaded for 20 steps on wasm, and writes it as ONNX for ../written/run.py, which gives it to onnxruntime.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { WasmBackend } from '@pullback/backend-wasm';
import { defineLayer, type Layer, type Tensor, type Value, zeros } from '@pullback/core';
import { meanSquaredError } from '@pullback/losses';
import { type OnnxLayer, onnx, onnxWriter, readOnnx } from '@pullback/onnx';
import { adam } from '@pullback/optimizers';
import { Model } from '@pullback/train';
import { type NodeCase, tensorOf } from '../node-cases/case.ts';

const [folder = '.', out = 'trained'] = process.argv.slice(2);
mkdirSync(out, { recursive: true });
const { cases }: { readonly cases: readonly NodeCase[] } = JSON.parse(
  readFileSync(`${folder}/files.json`, 'utf8'),
);

/** The rate of samples is known when the graph is built; the state before the first is zeros, [2, n, 128]. */
const others = ['sr', 'state'];

/** The network of a file whose input 'state' is zeros for as many samples as come. */
function started(layer: OnnxLayer<Value>): Layer<readonly Value[]> {
  return defineLayer('started', (scope, ...inputs: readonly Value[]) =>
    scope.apply(layer, ...inputs, zeros([2, inputs[0]?.shape[0] ?? 0, 128], scope.dtype)),
  );
}
const written = [];
for (const each of cases) {
  const start = process.cpuUsage();
  const file = readOnnx(readFileSync(`${folder}/${each.name}`));
  const given = new Map(each.inputs.map((input) => [input.name, tensorOf(input)]));
  const float = each.outputs.find(({ integer, shape }) => !integer && shape[0] === 2);
  if (float === undefined) throw new Error(`${each.name} has no output of floats`);
  const known = given.has('sr') ? { sr: 16000 } : {};
  const x = Object.fromEntries([...given].filter(([name]) => !others.includes(name)));
  const whole = onnx(file, { known, outputs: [float.name] });
  const network = given.has('state') ? started(whole) : whole;
  const model = await Model.create({
    network,
    input: Object.fromEntries(Object.entries(x).map(([name, { shape }]) => [name, shape.slice(1)])),
    loss: meanSquaredError(),
    // Scales of quantised weights are some thousandths, and Adam moves each number by about its rate.
    optimizer: adam({ learningRate: each.name.includes('int8') ? 1e-6 : 3e-4 }),
    backend: new WasmBackend(),
  });
  // Somewhere else than where the model is.
  const { shape, data } = tensorOf(float);
  const y: Tensor = {
    shape,
    dtype: 'float32',
    data: Float32Array.from(data, (value, i) => value * 0.8 + 0.1 * Math.sin(i)),
  };
  const first = await model.step({ x, y }).loss.read();
  const last = await model.step({ x, y }, { times: 19 }).loss.read();
  const { code } = await model.export({ x }, { writer: onnxWriter() });
  const path = `${each.name.replaceAll(/\W+/g, '-')}.onnx`;
  writeFileSync(`${out}/${path}`, code);
  const prediction = await model.predict(x);
  const names = Object.keys(x);
  written.push({
    name: each.name,
    file: path,
    inputs: Object.fromEntries(
      names.map((name) => {
        const tensor = x[name];
        return [
          names.length === 1 ? 'x' : `x/${name}`,
          { shape: tensor?.shape, data: Array.from(tensor?.data ?? []) },
        ];
      }),
    ),
    outputs: { prediction: { shape: prediction.shape, data: Array.from(prediction.data) } },
  });
  if (!(last < first)) throw new Error(`${each.name} learned nothing: ${first} to ${last}`);
  const { user, system } = process.cpuUsage(start);
  const weights = Object.keys(await model.weights()).length;
  console.log(
    `${each.name}: ${weights} weights, loss ${first.toExponential(3)} to ${last.toExponential(3)} in 20 steps, ${(code.length / 2 ** 20).toFixed(1)} MB written (${((user + system) / 1e6).toFixed(1)} s)`,
  );
  model.dispose();
}
writeFileSync(`${out}/written.json`, JSON.stringify(written));
