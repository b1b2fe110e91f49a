// An LSTM of characters on Moby-Dick, beside counts of characters.
//   npm run example char-lstm            3,500 steps
//   npm run example char-lstm -- 200     so many
import { trainOnTheBook } from '@pullback-examples/char-gpt/book';
import { dense, embedding, lstm, sequential } from 'pullback';

await trainOnTheBook({
  name: 'LSTM',
  network: (vocabulary) => sequential(embedding(vocabulary, 64), lstm(256), dense(vocabulary)),
  steps: Number(process.argv[2] ?? 3500),
  learningRate: 5e-3,
});
