// #region program
import { adam, dense, Model, RandomStream, sequential, softmaxCrossEntropy, tanh } from 'pullback';

// Catch: a ball falls through 5 columns in 4 moves; the bat below goes left, stays or goes right.
const [columns, moves, games] = [5, 4, 64];
const random = RandomStream.of(1, 'catch');
const seen = (ball: number, bat: number, row: number) => [
  ...Array.from({ length: columns }, (_, i) => (i === ball ? 1 : 0)),
  ...Array.from({ length: columns }, (_, i) => (i === bat ? 1 : 0)),
  row / moves,
];

const policy = await Model.create({
  network: sequential(dense(24), tanh(), dense(3)), // scores of the three moves
  input: [2 * columns + 1],
  loss: softmaxCrossEntropy({ reduction: 'sum' }),
  optimizer: adam({ learningRate: 0.03 }),
  backend: 'wasm',
  seed: 1,
});

/** A move by the probabilities softmax(scores): the largest score after noise of Gumbel. */
function drawn(scores: readonly number[]): number {
  const noisy = scores.map((score) => score - Math.log(-Math.log(random.uniform())));
  return noisy.indexOf(Math.max(...noisy));
}

/** Many games side by side: the share that is caught, and what was seen and done in each. */
async function play() {
  const ball = Array.from({ length: games }, () => Math.floor(columns * random.uniform()));
  const bat = Array.from({ length: games }, () => Math.floor(columns * random.uniform()));
  const steps: { x: number[][]; done: number[] }[] = [];
  for (let row = 0; row < moves; row++) {
    const x = ball.map((column, i) => seen(column, bat[i] ?? 0, row));
    const { data } = await policy.predict(x);
    const done = ball.map((_, i) => drawn([0, 1, 2].map((k) => Number(data[3 * i + k]))));
    for (const [i, move] of done.entries())
      bat[i] = Math.max(0, Math.min(columns - 1, (bat[i] ?? 0) + move - 1));
    steps.push({ x, done });
  }
  const caught = ball.map((column, i): number => (column === bat[i] ? 1 : 0));
  return { steps, caught, share: caught.reduce((a, b) => a + b) / games };
}

// REINFORCE (Williams 1992): the gradient of -A log p(move), A how much better than on average. A cross entropy has it with a target of A.
const shares: number[] = [];
for (let round = 0; round < 80; round++) {
  const { steps, caught, share } = await play();
  shares.push(share);
  const better = (i: number) => ((caught[i] ?? 0) - share) / games;
  policy.step({
    x: steps.flatMap(({ x }) => x),
    y: steps.flatMap(({ done }) => done.map((move, i) => [0, 1, 2].map((k) => (k === move ? better(i) : 0)))),
  });
}
console.log(shares[0], shares.at(-1)); // caught at first, and at last
// #endregion

const last = shares.slice(-5).reduce((a, b) => a + b) / 5;
if (!(last > 0.8)) throw new Error(`${last} are caught: ${shares.join(' ')}`);
policy.dispose();
