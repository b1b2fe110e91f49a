// #region program
import { characterTokenizer, generateText, windows } from '@pullback/text';
import { adamw, languageModel, Model, sequenceCrossEntropy } from 'pullback';

const text = 'she sells sea shells by the sea shore. '.repeat(30);
const tokenizer = characterTokenizer(text);
const context = 16;

const model = await Model.create({
  network: languageModel({ vocabulary: tokenizer.vocabulary, context, width: 24, heads: 2, layers: 1 }),
  input: [context],
  loss: sequenceCrossEntropy(),
  optimizer: adamw({ learningRate: 0.02 }),
  backend: 'wasm',
  seed: 1,
});
const batches = windows(tokenizer.encode(text), { length: context, batchSize: 8, stride: 5 });
const history = await model.fit(batches, { epochs: 3, metrics: ['bitsPerSymbol'], progress: false });

let typed = 'she ';
for await (const piece of generateText(model, tokenizer, typed, { temperature: 0.3, most: 40, seed: 1 }))
  typed += piece;
console.log(history.at(-1), typed);
// #endregion

// A uniform guess needs log2 of the vocabulary.
const bits = history.at(-1)?.['bits per symbol'] ?? Number.NaN;
if (!(bits < 0.5 * Math.log2(tokenizer.vocabulary)) || typed.length !== 44)
  throw new Error(`${bits} bits a character: ${typed}`);
model.dispose();
