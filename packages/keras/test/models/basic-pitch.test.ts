import { readFile } from 'node:fs/promises';
import { wasm } from '@pullback/backend-wasm';
import { openTfjs } from '@pullback/keras';
import { meanSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { Model, transferWeights } from '@pullback/train';
import { describe, expect, test } from 'vitest';
import { fetched } from './fetched.ts';

/** Apache 2.0; its model is a graph model: it hears notes in two seconds of sound. */
const { folder, why } = fetched('@spotify/basic-pitch@1.0.1');
if (why !== undefined) console.log(`Not tested: ${why}`);

describe.skipIf(why !== undefined)('basic-pitch', () => {
  // All outputs hang on the logarithm of the least power: TensorFlow.js is 5e-5 from the model in float64, and float32 here 3e-5.
  test('as TensorFlow.js 4.11 on its backend cpu, to 1e-4, and trains on', async () => {
    const wanted: Readonly<Record<string, { shape: number[]; every: number; data: number[] }>> = JSON.parse(
      await readFile(new URL('basic-pitch.json', import.meta.url), 'utf8'),
    );
    const opened = await openTfjs(`${folder}/model/model.json`);
    expect(opened.inputs).toEqual({ input_2: [43844, 1] });
    const outputs = ['contour', 'Identity_1:0', 'Identity_2:0'];
    const model = await Model.create({
      network: opened.network,
      input: [43844, 1],
      loss: Object.fromEntries(outputs.map((name) => [name, meanSquaredError()])),
      optimizer: sgd({ learningRate: 0.01 }),
      backend: await wasm(),
    });
    const report = await transferWeights(opened.weights, model, { names: opened.names });
    expect(report.fits).toBe(true);
    // Noise with a tone: of a tone alone most bands are empty, and their logarithms are those of roundings.
    let state = 1;
    const sound = Float32Array.from({ length: 43844 }, (_, i) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return 0.5 * (state / 2 ** 32 - 0.5) + 0.3 * Math.sin(0.0627 * i);
    });
    const x = { shape: [1, 43844, 1], data: sound };
    const found = await model.predictAll(x);
    for (const [i, name] of ['Identity:0', 'Identity_1:0', 'Identity_2:0'].entries()) {
      const { shape = [], every = 1, data = [] } = wanted[name] ?? {};
      const made = found[outputs[i] ?? ''];
      expect(made?.shape).toEqual(shape);
      for (const [k, number] of data.entries())
        expect(Math.abs((made?.data[k * every] ?? Number.NaN) - number)).toBeLessThan(1e-4);
    }
    const y = Object.fromEntries(
      outputs.map((name) => {
        const shape = found[name]?.shape ?? [];
        return [
          name,
          {
            shape,
            data: new Float32Array(shape.reduce((n: number, extent: number) => n * extent, 1)).fill(0.5),
          },
        ];
      }),
    );
    const first = await model.step({ x, y }).loss.read();
    const last = await model.step({ x, y }, { times: 3 }).loss.read();
    expect(last).toBeLessThan(first);
  });
});
