// npx tsx --tsconfig tsconfig.base.json --conditions=@pullback/source packages/onnx/test/written/write.ts FOLDER
// Writes a model of each network as ONNX, with what it makes of some samples, for run.py, which gives them to onnxruntime.
import { mkdirSync, writeFileSync } from 'node:fs';
import { CpuBackend } from '@pullback/backend-cpu';
import { meanSquaredError } from '@pullback/losses';
import { onnxWriter } from '@pullback/onnx';
import { sgd } from '@pullback/optimizers';
import { Model } from '@pullback/train';
import { networks, samplesOf } from './networks.ts';

const [folder = 'written'] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const cases = [];
for (const [name, example] of Object.entries(networks)) {
  const options = {
    loss: meanSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: new CpuBackend(),
  };
  const model = await Model.create({ network: example.network, input: example.input, ...options });
  const x = samplesOf(example, 2);
  const { code } = await model.export({ x }, { writer: onnxWriter() });
  const file = `${name.replaceAll(/\W+/g, '-')}.onnx`;
  writeFileSync(`${folder}/${file}`, code);
  const { shape, data } = await model.predict(x);
  cases.push({
    name,
    file,
    inputs: { x: { shape: x.shape, data: Array.from(x.data) } },
    outputs: { prediction: { shape, data: Array.from(data) } },
  });
}
writeFileSync(`${folder}/written.json`, JSON.stringify(cases));
