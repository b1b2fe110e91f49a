import { cpu } from '@pullback/backend-cpu';
import { languageModel } from '@pullback/layers';
import { sequenceCrossEntropy } from '@pullback/losses';
import { adam } from '@pullback/optimizers';
import { byteTokenizer, generate, generateText, packed, windows } from '@pullback/text';
import { Model } from '@pullback/train';
import { beforeAll, expect, test } from 'vitest';

const vocabulary = 7;
const context = 8;
let model: Model;

beforeAll(async () => {
  model = await Model.create({
    network: languageModel({ vocabulary, context, width: 12, heads: 2, layers: 1 }),
    input: [context],
    loss: sequenceCrossEntropy(),
    optimizer: adam({ learningRate: 0.02 }),
    backend: cpu(),
    dtype: 'float64',
  });
  const text = Array.from({ length: 90 }, (_, i) => (i * i + (i % 3)) % vocabulary);
  await model.fit(windows(text, { length: context, batchSize: 4 }), { epochs: 6, progress: false });
});

async function all<T>(tokens: AsyncIterable<T>): Promise<T[]> {
  const made: T[] = [];
  for await (const token of tokens) made.push(token);
  return made;
}

/** The likeliest token after a text, by the whole forward pass. */
async function likeliest(text: readonly number[]): Promise<number> {
  const row = [...text, ...new Array<number>(context - text.length).fill(0)];
  const { data } = await model.predict([row]);
  const scores = Array.from(data.slice((text.length - 1) * vocabulary, text.length * vocabulary));
  return scores.indexOf(Math.max(...scores));
}

test('without chance it is the likeliest of the whole forward pass, token by token', async () => {
  const text = [3, 1];
  for (let i = 0; i < context - 2; i++) text.push(await likeliest(text));
  expect(await all(generate(model, [3, 1], { temperature: 0, most: context - 2 }))).toEqual(text.slice(2));
});

test('where the context is full, it goes on from the later half', async () => {
  const text = [3, 1, 4, 1, 5, 0, 2, 6];
  let known = text.slice();
  for (let i = 0; i < 7; i++) {
    if (known.length > context) known = known.slice(-context / 2);
    const token = await likeliest(known);
    known.push(token);
    text.push(token);
  }
  expect(await all(generate(model, text.slice(0, 8), { temperature: 0, most: 7 }))).toEqual(text.slice(8));
});

test('the seed says what is drawn; stop, most and a signal end it', async () => {
  const drawn = (seed: number) => all(generate(model, [1], { seed, most: 20 }));
  expect(await drawn(1)).toEqual(await drawn(1));
  expect(await drawn(1)).not.toEqual(await drawn(2));
  const [first = 0] = await drawn(1);
  expect(await all(generate(model, [1], { seed: 1, stop: [first] }))).toEqual([first]);
  expect(await all(generate(model, [1], { most: 0 }))).toEqual([]);
  const stopped = all(generate(model, [1], { signal: AbortSignal.abort(new Error('enough')) }));
  await expect(stopped).rejects.toThrow('enough');
});

test('an empty prompt and a token outside of the vocabulary are refused', async () => {
  await expect(all(generate(model, []))).rejects.toThrow(/an empty prompt/);
  await expect(all(generate(model, [7], { most: 1 }))).rejects.toThrow(
    /the index 7 at \[0, 0\][\s\S]*tokens/,
  );
});

test('text comes in whole characters', async () => {
  const bytes = byteTokenizer();
  const tokens = Array.from(bytes.encode('é🐋!'));
  const scripted = {
    decoder: () => {
      let place = 0;
      const next = async () => {
        const scores = new Float64Array(256).fill(-Infinity);
        scores[tokens[place++] ?? 0] = 0;
        return { shape: [1, 256], dtype: 'float64', data: scores } as const;
      };
      return { capacity: 99, position: 0, next, reset: () => {}, dispose: () => {} };
    },
  };
  const made = await all(generateText(scripted, bytes, 'x', { most: tokens.length }));
  expect(made).toEqual(['é', '🐋', '!']);
});

test('sequences packed into one row are what each is alone: nothing leaks', async () => {
  const rotary = languageModel({
    vocabulary,
    context,
    width: 12,
    heads: 2,
    layers: 2,
    positions: 'rotary',
  });
  const both = await Model.create({
    network: rotary,
    input: { tokens: [context], segments: [context] },
    loss: sequenceCrossEntropy(),
    optimizer: adam({ learningRate: 0.02 }),
    backend: cpu(),
    dtype: 'float64',
  });
  const { x, segments } = packed(
    [
      [1, 2, 3, 4, 5],
      [6, 0, 2],
    ],
    context,
  );
  const scores = await both.predict({ tokens: x, segments });
  for (const [text, from] of [
    [[1, 2, 3, 4], 0],
    [[6, 0], 4],
  ] as const) {
    const row = [...text, ...new Array<number>(context - text.length).fill(0)];
    const alone = await both.predict({
      tokens: [row],
      segments: [row.map((_, i) => Number(i < text.length))],
    });
    for (let i = 0; i < text.length * vocabulary; i++)
      expect(Math.abs((scores.data[from * vocabulary + i] ?? 0) - (alone.data[i] ?? 1))).toBeLessThan(1e-12);
  }
});
