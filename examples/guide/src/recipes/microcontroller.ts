// #region program
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adam, dense, Model, relu, sequential, softmaxCrossEntropy } from 'pullback';

// Three ways to shake a sensor, as 16 readings.
const x = Array.from({ length: 90 }, (_, n) =>
  Array.from({ length: 16 }, (__, i) => Math.sin(((n % 3) + 1) * i * 0.4 + n)),
);
const y = x.map((_, n) => n % 3);

const model = await Model.create({
  network: sequential(dense(8), relu(), dense(3)),
  input: [16],
  loss: softmaxCrossEntropy(),
  optimizer: adam({ learningRate: 0.03 }),
  backend: 'wasm',
  seed: 1,
});
await model.fit(x, y, { epochs: 60, batchSize: 15, progress: false });

// One sample at a time; the numbers that were learned stand in the file.
const { code, loader } = await model.export({ x: x.slice(0, 1) }, { language: 'c' });
const folder = await mkdtemp(join(tmpdir(), 'pullback-recipe-'));
await writeFile(join(folder, 'model.c'), code);
await writeFile(join(folder, 'model.h'), loader);
// model_x[0] = ...; model_run(1); then model_prediction[0] to [2] are the scores.
console.log(folder, code.length);
// #endregion

const { accuracy = 0 } = await model.evaluate(x, y, { metrics: ['accuracy'] });
if (!(accuracy > 0.95)) throw new Error(`accuracy ${accuracy}`);
const header = new TextDecoder().decode(
  typeof loader === 'string' ? new TextEncoder().encode(loader) : loader,
);
for (const name of ['model_x', 'model_prediction', 'model_run'])
  if (!header.includes(name)) throw new Error(`the header has no ${name}: ${header}`);
const { rm } = await import('node:fs/promises');
await rm(folder, { recursive: true });
model.dispose();
