import { characterTokenizer, generateText, windows } from '@pullback/text';
import { adamw, languageModel, Model, sequenceCrossEntropy } from 'pullback';
import { activationOf } from '../expression/activation.ts';
import type { Figures } from '../protocol.ts';
import type { Problem } from './problem.ts';

const [context, batchSize] = [48, 8];
const size = { context, width: 48, heads: 3, layers: 2 };

/** The text that a sample goes on from, and so many characters of it. */
const prompt = 'The whale ';
const length = 120;

/** Milliseconds between two turns of the event loop, and between two looks at the text that is held out. */
const turn = 8;
const testEvery = 1000;

/** A GPT of characters on the beginning of Moby-Dick; the last tenth of that is held out. It writes a sample with each picture. */
export async function gpt(page: string): Promise<Problem> {
  const response = await fetch(new URL('book.txt', page));
  if (!response.ok)
    throw new Error(`The book could not be loaded: ${response.url} answers ${response.status}.`);
  const text = await response.text();
  const tokenizer = characterTokenizer(text);
  const tokens = tokenizer.encode(text);
  const cut = Math.floor(0.9 * tokens.length);
  const [training, heldOut] = [tokens.subarray(0, cut), tokens.subarray(cut)];
  const [test] = windows(heldOut, { length: context, batchSize: 32, stride: 512, shuffle: false });

  return {
    example: { shape: [1, context], data: heldOut.slice(0, context) },
    create: ({ activation, backend, learningRate, seed }) =>
      Model.create({
        network: languageModel({
          ...size,
          vocabulary: tokenizer.vocabulary,
          activation: activationOf(activation),
        }),
        input: [context],
        loss: sequenceCrossEntropy(),
        optimizer: adamw({ learningRate, weightDecay: 0.01 }),
        backend,
        seed,
      }),

    async train(model, between, signal) {
      let tested: Pick<Figures, 'test'> = {};
      let [turned, looked, seen, testedAt] = [performance.now(), performance.now(), 0, 0];
      for (let epoch = 1; ; epoch++)
        for (const batch of windows(training, { length: context, batchSize, seed: epoch })) {
          const { loss } = model.step(batch);
          seen += batchSize;
          if (performance.now() - turned < turn) continue;
          const figures = async (): Promise<Figures> => {
            const now = await loss.read();
            const samplesPerSecond = (1000 * seen) / (performance.now() - looked);
            [seen, looked] = [0, performance.now()];
            if (test !== undefined && performance.now() - testedAt > testEvery) {
              const found = await model.evaluate(test.x, test.y, { metrics: ['accuracy'] });
              tested = {
                test: { loss: found['loss'] ?? Number.NaN, accuracy: found['accuracy'] ?? Number.NaN },
              };
              testedAt = performance.now();
            }
            return { step: model.stepCount, loss: now, accuracy: Number.NaN, samplesPerSecond, ...tested };
          };
          await new Promise((resolve) => setTimeout(resolve));
          await between(figures);
          signal.throwIfAborted();
          turned = performance.now();
        }
    },

    picture: async (model) => ({
      problem: 'gpt',
      step: model.stepCount,
      prompt,
      text: await sampleOf(model),
    }),
  };

  async function sampleOf(model: Model): Promise<string> {
    let made = '';
    const options = { temperature: 0.8, topP: 0.95, most: length, seed: model.stepCount };
    for await (const piece of generateText(model, tokenizer, prompt, options)) made += piece;
    return made;
  }
}
