// Steps of a network on the ranks of `mpirun`: `steps.ts mlp512 10 20` makes 10 rounds of 20 steps. A round has them in turns: on the first rank alone; on all
// beside each other, without a word; in two Programs, but nothing sent; together; together with the same bits for any number of ranks. A rank always has a
// batch of its own, so the work grows with them. Each round is a line of JSON: the milliseconds of a step at which all ranks go through their samples.
import { mpi } from '@pullback/mpi';
import {
  adamw,
  type Callback,
  dense,
  languageModel,
  Model,
  type Reducer,
  relu,
  sequenceCrossEntropy,
  sequential,
  sgd,
  softmaxCrossEntropy,
} from 'pullback';

type Network = Pick<Parameters<typeof Model.create>[0], 'network' | 'input' | 'loss' | 'optimizer'>;

/** A network of packages/bench, with the batch of a rank. */
interface Measured {
  readonly batch: number;
  readonly options: Network;
  samples(count: number): Parameters<Model['fit']>;
}

const windows = (count: number, from: number) => ({
  shape: [count, 64],
  data: Int32Array.from({ length: count * 64 }, (_, i) => ((i + from) * 7919) % 256),
});

const networks: Readonly<Record<string, () => Measured>> = {
  mlp512: () => ({
    batch: 256,
    options: {
      network: sequential(dense(512), relu(), dense(512), relu(), dense(10)),
      input: [784],
      loss: softmaxCrossEntropy(),
      optimizer: sgd({ learningRate: 0.1 }),
    },
    samples: (count) => [
      { shape: [count, 784], data: Float32Array.from({ length: count * 784 }, (_, i) => Math.sin(i)) },
      Int32Array.from({ length: count }, (_, i) => i % 10),
    ],
  }),
  'gpt-small': () => ({
    batch: 16,
    options: {
      network: languageModel({ vocabulary: 256, context: 64, width: 96, heads: 3, layers: 3 }),
      input: [64],
      loss: sequenceCrossEntropy(),
      optimizer: adamw({ learningRate: 1e-3 }),
    },
    samples: (count) => [windows(count, 0), windows(count, 1)],
  }),
};

const [name = 'mlp512', ...counts] = process.argv.slice(2);
const [rounds = 10, steps = 20] = counts.map(Number);
const found = networks[name];
if (found === undefined) throw new RangeError(`${name} is none of ${Object.keys(networks).join(', ')}`);
const make = found;

const reducer = await mpi({ timeout: 0 });
const { rank, size } = reducer;
const meet = () => reducer.sum(new Float32Array(1));

/** Sends nothing, and is the first rank to itself: a step costs what its two Programs cost, and the copies between them. */
const silent: Reducer = { rank: 0, size, sum: async () => {}, exchange: async (outgoing) => outgoing };
const inParts: Reducer = {
  rank,
  size,
  parts: 12,
  sum: (numbers) => reducer.sum(numbers),
  exchange: (outgoing) => reducer.exchange(outgoing),
};

/** A model, with the bytes of its weights, that trains for some steps and says the milliseconds of each. */
interface Turn {
  readonly bytes: number;
  run(steps: number): Promise<readonly number[]>;
}

async function turn(given: Reducer | undefined): Promise<Turn> {
  const { batch, options, samples } = make();
  const model = await Model.create({ ...options, backend: 'wasm', ...(given && { reducer: given }) });
  const batchSize = batch * (given?.size ?? 1);
  const [x, y] = samples(4 * batchSize);
  const weights = Object.values(await model.weights());
  const run = async (count: number) => {
    const times: number[] = [];
    let before = Number.NaN;
    const watch: Callback = {
      step: () => {
        const now = performance.now();
        times.push(now - before);
        before = now;
      },
    };
    await model.fit(x, y, {
      batchSize,
      epochs: Math.ceil((count + 1) / 4),
      callbacks: [watch],
      progress: false,
    });
    return times.slice(1, count + 1);
  };
  return { bytes: weights.reduce((sum, { data }) => sum + data.byteLength, 0), run };
}

const turns = {
  alone: await turn(undefined),
  apart: await turn(undefined),
  silent: await turn(silent),
  together: await turn(reducer),
  deterministic: await turn(inParts),
};
const order = Object.entries(turns);
for (const [, { run }] of order) await run(3);
for (let round = 0; round < rounds; round++) {
  const means: Record<string, number> = {};
  let spread = 0;
  for (let i = 0; i < order.length; i++) {
    const [way = '', turn] = order[(i + round) % order.length] ?? [];
    await meet();
    const times = turn === undefined || (way === 'alone' && rank > 0) ? [] : await turn.run(steps);
    const sorted = [...times].sort((a, b) => a - b);
    const rate = times.length === 0 ? 0 : times.length / times.reduce((sum, time) => sum + time, 0);
    // The rates of all ranks, as if each were the mean of them: of ranks that go together they are equal.
    const rates = Float64Array.of(rate);
    await reducer.sum(rates);
    means[way] = (way === 'alone' ? 1 : size) / (rates[0] ?? 0);
    // Half the distance between the quartiles is 0.674 standard deviations, whatever a few disturbances did.
    const [low = 0, high = 0] = [sorted[sorted.length >> 2], sorted[(3 * sorted.length) >> 2]];
    if (way === 'alone') spread = (high - low) / 1.349;
  }
  if (rank === 0)
    console.log(JSON.stringify({ name, size, round, bytes: turns.alone.bytes, spread, ...means }));
}
