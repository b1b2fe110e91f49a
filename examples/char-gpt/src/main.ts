// A GPT of characters on Moby-Dick, beside counts of characters.
//   npm run example char-gpt            3,500 steps
//   npm run example char-gpt -- 200     so many
import { languageModel } from 'pullback';
import { trainOnTheBook } from './book.ts';

await trainOnTheBook({
  name: 'GPT',
  network: (vocabulary, context) => languageModel({ vocabulary, context, width: 96, heads: 3, layers: 3 }),
  steps: Number(process.argv[2] ?? 3500),
  learningRate: 3e-3,
});
