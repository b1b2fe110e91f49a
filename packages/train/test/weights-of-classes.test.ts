// Weights of classes and samples count the same wherever samples come from, or are refused.
import { cpu } from '@pullback/backend-cpu';
import { DataError, OptionError } from '@pullback/core';
import { dense } from '@pullback/layers';
import { softmaxCrossEntropy } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { type Batch, type FitOptions, Model } from '@pullback/train';
import { describe, expect, test } from 'vitest';

const x = Array.from({ length: 12 }, (_, i) => [Math.sin(i), 1]);
const y = x.map((_, i) => (i % 4 === 3 ? 1 : 0));
const quiet = { progress: false, shuffle: false } as const;
const make = (learningRate = 0.5) =>
  Model.create({
    ...{ network: dense(2), input: [2], loss: softmaxCrossEntropy(), backend: cpu(), seed: 3 },
    optimizer: sgd({ learningRate }),
    dtype: 'float64',
  });

/** Batches of 4, with what `more` adds to each. */
const streamOf = (more: (from: number) => Partial<Batch> = () => ({})) => ({
  *[Symbol.iterator]() {
    for (let from = 0; from < 12; from += 4)
      yield { x: x.slice(from, from + 4), y: y.slice(from, from + 4), ...more(from) };
  },
});
const trained = async (fit: (model: Model) => Promise<unknown>) => {
  const model = await make();
  await fit(model);
  return model.weights();
};
const weights = Array.from({ length: 12 }, (_, i) => 1 + (i % 3));

describe('a stream', () => {
  test('classWeights are those of the same samples in memory', async () => {
    const classWeights = [1, 5];
    const inMemory = await trained((m) => m.fit(x, y, { batchSize: 4, classWeights, ...quiet }));
    expect(await trained((m) => m.fit(streamOf(), { classWeights, ...quiet }))).toEqual(inMemory);
    expect(
      await trained((m) =>
        m.fit(
          streamOf(() => ({ classWeights })),
          quiet,
        ),
      ),
    ).toEqual(inMemory);
    expect(inMemory).not.toEqual(await trained((m) => m.fit(x, y, { batchSize: 4, ...quiet })));
  });

  test('sampleWeights of batches are those in memory, also times classWeights', async () => {
    const stream = streamOf((from) => ({ sampleWeights: weights.slice(from, from + 4) }));
    for (const more of [{}, { classWeights: [1, 5] }])
      expect(await trained((m) => m.fit(stream, { ...more, ...quiet }))).toEqual(
        await trained((m) => m.fit(x, y, { batchSize: 4, sampleWeights: weights, ...more, ...quiet })),
      );
  });

  const refused: Readonly<Record<string, FitOptions>> = {
    validationSplit: { validationSplit: 0.5 },
    shuffle: { shuffle: true },
    sampleWeights: { sampleWeights: weights },
    batchSize: { batchSize: 4 },
  };
  test.each(Object.entries(refused))(
    '%s is refused, before anything is asked of the stream',
    async (name, options) => {
      const model = await make();
      let asked = 0;
      const stream = {
        [Symbol.iterator]: () => {
          asked++;
          return streamOf()[Symbol.iterator]();
        },
      };
      const fit = () => model.fit(stream, { progress: false, ...options });
      await expect(fit).rejects.toThrow(OptionError);
      await expect(fit).rejects.toThrow(`${name} beside a stream`);
      expect([asked, model.stepCount]).toEqual([0, 0]);
    },
  );

  test('weights of classes of both fit and a batch, and targets beside it, are refused', async () => {
    const model = await make();
    const classWeights = [1, 5];
    await expect(
      model.fit(
        streamOf(() => ({ classWeights })),
        { classWeights, ...quiet },
      ),
    ).rejects.toThrow('classWeights of both fit and a batch');
    await expect(Reflect.apply(model.fit, model, [streamOf(), y, quiet])).rejects.toThrow(DataError);
    await expect(Reflect.apply(model.fit, model, [streamOf(), y])).rejects.toThrow(OptionError);
    expect(model.stepCount).toBe(0);
  });

  test('what a batch is called wrongly is refused when it comes', async () => {
    const model = await make();
    const stream = streamOf((from) => (from === 4 ? Object({ sampleWeight: weights }) : {}));
    await expect(model.fit(stream, quiet)).rejects.toThrow(
      "a batch of the stream has no option 'sampleWeight'. Did you mean 'sampleWeights'",
    );
    expect(model.stepCount).toBe(1);
  });
});

describe('validation', () => {
  test('classWeights weigh validationData as they do a split, and the samples that evaluate is given', async () => {
    const classWeights = [1, 5];
    const options = { classWeights, batchSize: 4, ...quiet };
    const validation = async (fit: (model: Model) => ReturnType<Model['fit']>) =>
      (await fit(await make(0)))[0]?.['validation loss'];
    const [before, after] = [
      [x.slice(0, 8), y.slice(0, 8)],
      [x.slice(8), y.slice(8)],
    ] as const;
    const expected = (await (await make(0)).evaluate(...after, { classWeights }))['loss'];
    expect(await validation((m) => m.fit(x, y, { ...options, validationSplit: 1 / 3 }))).toBe(expected);
    expect(await validation((m) => m.fit(...before, { ...options, validationData: after }))).toBe(expected);
    expect(await validation((m) => m.fit(streamOf(), { ...options, validationData: after }))).toBe(expected);
    expect(expected).not.toBe((await (await make(0)).evaluate(...after))['loss']);
  });

  test('of both a split and data is refused', async () => {
    const model = await make();
    await expect(model.fit(x, y, { validationSplit: 0.5, validationData: [x, y] })).rejects.toThrow(
      OptionError,
    );
    expect(model.stepCount).toBe(0);
  });
});
