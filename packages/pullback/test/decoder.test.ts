// A sequence that is made place by place is the sequence at once.
import {
  adam,
  dense,
  embedding,
  type LanguageModelOptions,
  languageModel,
  Model,
  multiHeadAttention,
  OptionError,
  sequenceCrossEntropy,
  sequential,
  type Tensor,
} from 'pullback';
import { describe, expect, test } from 'vitest';

const size = { vocabulary: 11, context: 9, width: 8, heads: 4, layers: 2 };

async function modelOf(backend: 'cpu' | 'wasm', options: Partial<LanguageModelOptions> = {}) {
  const model = await Model.create({
    network: languageModel({ ...size, ...options }),
    input: [size.context],
    loss: sequenceCrossEntropy(),
    optimizer: adam({ learningRate: 0.05 }),
    backend,
    dtype: 'float64',
    seed: 3,
  });
  // Weights that are not small: a cache that is a step late must show.
  model.step(
    { x: text, y: [text.flat().slice(1).concat(1), text.flat()].map((row) => row.slice(0, 9)).slice(0, 1) },
    { times: 5 },
  );
  return model;
}

const text = [[3, 1, 4, 1, 5, 9, 2, 6, 10]];
const row = ({ data }: Tensor, place: number) => Array.from(data.slice(place * 11, (place + 1) * 11));
const near = (got: ArrayLike<number>, wanted: readonly number[]) => {
  wanted.forEach((x, i) => {
    expect(Math.abs((got[i] ?? Number.NaN) - x)).toBeLessThan(1e-12);
  });
};

const forms: Readonly<Record<string, Partial<LanguageModelOptions>>> = {
  learned: {},
  sinusoidal: { positions: 'sinusoidal', tied: false },
  'rotary, grouped': { positions: 'rotary', keyValueHeads: 2, norm: 'rmsNorm' },
};

for (const backend of ['cpu', 'wasm'] as const)
  for (const [name, options] of Object.entries(forms))
    test(`${name} positions, on ${backend}: each place, and places some at a time`, async () => {
      const model = await modelOf(backend, options);
      const whole = await model.predict(text);
      const decoder = model.decoder();
      for (const [place, token] of (text[0] ?? []).entries())
        near((await decoder.next([[token]])).data, row(whole, place));
      decoder.reset();
      near((await decoder.next([[3, 1, 4, 1]])).data, row(whole, 3));
      near((await decoder.next([[5]])).data, row(whole, 4));
      near((await decoder.next([[9, 2, 6, 10]])).data, row(whole, 8));
      decoder.dispose();
    });

describe('several sequences', () => {
  test('side by side do not see each other, nor what was before a reset', async () => {
    const model = await modelOf('wasm');
    const decoder = model.decoder({ samples: 2, capacity: 6 });
    await decoder.next([
      [7, 7, 7, 7, 7, 7],
      [8, 8, 8, 8, 8, 8],
    ]);
    decoder.reset();
    expect(decoder.position).toBe(0);
    await decoder.next([
      [3, 1],
      [2, 2],
    ]);
    const { shape, data } = await decoder.next([[4], [2]]);
    expect(shape).toEqual([2, 11]);
    const [one, two] = await Promise.all(
      [[[3, 1, 4, 0, 0, 0, 0, 0, 0]], [[2, 2, 2, 0, 0, 0, 0, 0, 0]]].map((x) => model.predict(x)),
    );
    if (one && two) near(data, [...row(one, 2), ...row(two, 2)]);
  });
});

describe('what cannot be', () => {
  test('more places than there is room for, other shapes, tokens outside: nothing has changed', async () => {
    const model = await modelOf('cpu');
    const decoder = model.decoder({ capacity: 3 });
    await decoder.next([[1, 2]]);
    await expect(decoder.next([[1, 2]])).rejects.toThrow(/after 2.*|t from 1 to 1/);
    await expect(decoder.next([[1], [2]])).rejects.toThrow(/\[1, t\]/);
    await expect(decoder.next([[11]])).rejects.toThrow(
      /whole numbers from 0 to 10, got the index 11[\s\S]*at 'network\/tokens'/,
    );
    expect(decoder.position).toBe(2);
    near((await decoder.next([[3]])).data, row(await model.predict([[1, 2, 3, 0, 0, 0, 0, 0, 0]]), 2));
  });

  test('more places than positions, attention to later places, a decoder of a model that has moved', async () => {
    const model = await modelOf('cpu');
    await expect(model.decoder({ capacity: 10 }).next([[1]])).rejects.toThrow(/up to 10 places/);
    const seeing = await Model.create({
      network: sequential(embedding(5, 4), multiHeadAttention(2), dense(5)),
      input: [4],
      loss: sequenceCrossEntropy(),
      optimizer: adam({ learningRate: 0.1 }),
      backend: 'cpu',
    });
    await expect(seeing.decoder().next([[1]])).rejects.toThrow(OptionError);
    const decoder = model.decoder();
    await model.to('wasm');
    await expect(decoder.next([[1]])).rejects.toThrow(/moved/);
  });

  test('an index outside of the vocabulary is refused before a step, a fit and a prediction, by the name of the layer', async () => {
    const model = await modelOf('cpu');
    const wrong = [[0, 1, 2, 3, 4, 5, 6, 7, 11]];
    const said = /got the index 11 at \[0, 8\][\s\S]*'network\/tokens'/;
    const steps = model.stepCount;
    await expect(model.predict(wrong)).rejects.toThrow(said);
    await expect(model.fit(wrong, text, { progress: false })).rejects.toThrow(said);
    expect(() => model.step({ x: wrong, y: text })).toThrow(said);
    expect(model.stepCount).toBe(steps);
  });
});
