import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { trainedClassifier } from '../src/classifier.ts';
import { encoder } from '../src/encoded.ts';
import { training, trial } from '../src/labelled.ts';
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

    const embedded = await model.predict(encode(training.sentences));
    const classifier = await trainedClassifier(embedded, training.kinds);
    const tried = await model.predict(encode(trial.sentences));
    const { accuracy } = await classifier.evaluate(tried, trial.kinds, { metrics: ['accuracy'] });
    expect(accuracy).toBeGreaterThan(0.9);
    model.dispose();
  });
});
