import { readFile } from 'node:fs/promises';
import { wasm } from '@pullback/backend-wasm';
import { openTfjs } from '@pullback/keras';
import { meanSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { Model, transferWeights } from '@pullback/train';
import { describe, expect, test } from 'vitest';
import { fetched } from './fetched.ts';

/** MIT; its models are layers models that a converter wrote. */
const { folder, why } = fetched('@upscalerjs/esrgan-slim@1.0.0');
if (why !== undefined) console.log(`Not tested: ${why}`);

describe.skipIf(why !== undefined)('esrgan-slim', () => {
  for (const scale of ['x2', 'x4'] as const)
    test(`${scale}: as TensorFlow.js 4.11 on its backend cpu, to 1e-5, and trains on`, async () => {
      const wanted: Readonly<Record<string, { shape: number[]; data: number[] }>> = JSON.parse(
        await readFile(new URL('esrgan.json', import.meta.url), 'utf8'),
      );
      const { shape, data } = wanted[scale] ?? { shape: [], data: [] };
      const opened = await openTfjs(`${folder}/models/${scale}/model.json`);
      expect(opened.inputs).toEqual({ LR: [null, null, 3] });
      const model = await Model.create({
        network: opened.network,
        input: [5, 6, 3],
        loss: meanSquaredError(),
        optimizer: sgd({ learningRate: 0.01 }),
        backend: await wasm(),
      });
      const report = await transferWeights(opened.weights, model, { names: opened.names });
      expect(report.fits).toBe(true);
      const x = {
        shape: [1, 5, 6, 3],
        data: Float32Array.from({ length: 90 }, (_, i) => 0.5 + 0.5 * Math.sin(1.3 * i)),
      };
      const found = await model.predict(x);
      expect(found.shape).toEqual(shape);
      data.forEach((number, i) => {
        expect(Math.abs((found.data[i] ?? Number.NaN) - number)).toBeLessThan(1e-5);
      });
      const y = { shape, data: new Float32Array(data.length).fill(0.5) };
      const history = await model.fit(x, y, { epochs: 20, progress: false });
      expect(history.at(-1)?.['loss']).toBeLessThan(history[0]?.['loss'] ?? 0);
    });
});
