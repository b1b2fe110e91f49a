// Two tests of long memory: what is asked for at the end was seen once, many places before (Hochreiter and Schmidhuber 1997, 5.4 and 5.2).
import {
  adam,
  dense,
  embedding,
  gru,
  lstm,
  Model,
  meanSquaredError,
  RandomStream,
  sequenceCrossEntropy,
  sequential,
} from 'pullback';
import { expect, test } from 'vitest';

/** Sequences of twenty numbers, two of them marked, and the sums of these. */
function sums(samples: number, seed: number) {
  const [random, places] = [RandomStream.of(seed, 'adding'), 20];
  const below = (n: number) => Math.floor(random.uniform() * n);
  const x = Array.from({ length: samples }, () => {
    const marked = [below(places / 2), places / 2 + below(places / 2)];
    return Array.from({ length: places }, (_, t) => [random.uniform(), marked.includes(t) ? 1 : 0]);
  });
  return { x, y: x.map((row) => [row.reduce((sum, [number = 0, mark = 0]) => sum + number * mark, 0)]) };
}

test('adding: the sum of two marked numbers among twenty', { timeout: 60_000 }, async () => {
  const model = await Model.create({
    network: sequential(lstm(24, { returns: 'last' }), dense(1)),
    input: [20, 2],
    loss: meanSquaredError(),
    optimizer: adam({ learningRate: 0.02 }),
    backend: 'wasm',
    seed: 1,
  });
  const seen = sums(256, 1);
  await model.fit(seen.x, seen.y, { epochs: 60, batchSize: 64, progress: false });
  const others = sums(256, 2);
  // Who knows nothing of the numbers guesses the mean of the sums: their variance is 1/6.
  expect((await model.evaluate(others.x, others.y))['loss']).toBeLessThan(1 / 6 / 5);
});

/** Three symbols, ten blanks, and three places at which they are to be said again. */
function copies(samples: number, seed: number) {
  const random = RandomStream.of(seed, 'copying');
  const symbols = Array.from({ length: samples }, () =>
    Array.from({ length: 3 }, () => Math.floor(random.uniform() * 4)),
  );
  const filled = (length: number, value: number) => new Array<number>(length).fill(value);
  return {
    x: symbols.map((row) => [...row, ...filled(10, 4), ...filled(3, 5)]),
    y: symbols.map((row) => [...filled(13, -1), ...row]),
  };
}

test('copying: three symbols after ten blanks', { timeout: 60_000 }, async () => {
  const model = await Model.create({
    network: sequential(embedding(6, 8), gru(32), dense(4)),
    input: [16],
    loss: sequenceCrossEntropy(),
    optimizer: adam({ learningRate: 0.02 }),
    backend: 'wasm',
    seed: 1,
  });
  const seen = copies(256, 1);
  await model.fit(seen.x, seen.y, { epochs: 60, batchSize: 64, progress: false });
  const others = copies(64, 2);
  // Who has forgotten them guesses one of four: log 4 = 1.39.
  expect((await model.evaluate(others.x, others.y))['loss']).toBeLessThan(Math.log(4) / 5);
});
