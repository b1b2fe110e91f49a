import { readFile } from 'node:fs/promises';
import { adam, dense, Model, softmaxCrossEntropy } from 'pullback';
import { describe, expect, test } from 'vitest';
import { encoder } from '../src/encoded.ts';
import { kinds, training, trial } from '../src/labelled.ts';
import { loadMinilm } from '../src/minilm.ts';
import { modelFiles } from '../src/model-files.ts';

const found = modelFiles();
if ('why' in found) console.log(`Not tested: ${found.why}`);

describe.skipIf('why' in found)('all-MiniLM-L6-v2', () => {
  const folder = 'folder' in found ? found.folder : '';

  test('tokens and embeddings are those of transformers and torch, to 1e-5', {
    timeout: 120_000,
  }, async () => {
    const { sentences, ids, embeddings }: { sentences: string[]; ids: number[][]; embeddings: number[][] } =
      JSON.parse(await readFile(new URL('embeddings.json', import.meta.url), 'utf8'));
    const encode = await encoder(folder, 24);
    const { tokens, mask } = encode(sentences);
    ids.forEach((row, i) => {
      const own = Array.from(tokens.data.slice(24 * i, 24 * i + 24));
      expect(own.slice(0, row.length), sentences[i]).toEqual(row);
      expect(mask.data.slice(24 * i, 24 * i + 24).reduce((a, b) => a + b, 0)).toBe(row.length);
    });
    const model = await loadMinilm(`${folder}model.safetensors`, 24, 'wasm');
    const { data } = await model.predict({ tokens, mask });
    const worst = embeddings
      .flat()
      .reduce((most, x, i) => Math.max(most, Math.abs(x - (data[i] ?? Number.NaN))), 0);
    expect(worst).toBeLessThan(1e-5);

    const before = process.cpuUsage();
    const embedded = await model.predict(encode(training.sentences));
    const classifier = await Model.create({
      network: dense(kinds.length),
      input: [384],
      loss: softmaxCrossEntropy(),
      optimizer: adam({ learningRate: 0.02 }),
      backend: 'wasm',
    });
    await classifier.fit(embedded, training.kinds, { epochs: 60, batchSize: 20, progress: false });
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(10);
    const tried = await model.predict(encode(trial.sentences));
    const { accuracy } = await classifier.evaluate(tried, trial.kinds, { metrics: ['accuracy'] });
    expect(accuracy).toBeGreaterThan(0.9);
    model.dispose();
  });
});
