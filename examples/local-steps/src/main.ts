// The loss of ranks that seldom talk: four of them, simulated in one process, learn MNIST's digits, each from other digits than its neighbours, or with `-- --alike`
// from all. They add up gradients in every step; or make 50 steps alone and average their weights, plainly or with DiLoCo's outer momentum.
// `-- --save FOLDER` writes the curves there.
import { plotHistory } from '@pullback/plots';
import { savePicture } from '@pullback/plots/files';
import { loadMnist } from '@pullback-examples/mnist/data';
import {
  adamw,
  dense,
  flatten,
  type LocalStepsOptions,
  localSteps,
  Model,
  type Reducer,
  relu,
  rescale,
  sequential,
  simulatedRanks,
  softmaxCrossEntropy,
} from 'pullback';

const [ranks, batch, every, rounds] = [4, 32, 50, 20];
const { train, test } = loadMnist();
const pixels = 28 * 28;
const own = every * batch;

const alike = process.argv.includes('--alike');
const digit = (i: number) => (alike ? 0 : (train.labels.data[i] ?? 0));
/** Samples by their digit: each rank learns from a piece, `every` batches of it. */
const order = Array.from(train.labels.data.keys()).sort((a, b) => digit(a) - digit(b) || a - b);

function samplesOf(rank: number) {
  const share = Math.floor(order.length / ranks);
  const rows = order
    .slice(rank * share, (rank + 1) * share)
    .filter((_, i) => i % Math.floor(share / own) === 0)
    .slice(0, own);
  const images = new Uint8Array(rows.length * pixels);
  for (const [i, row] of rows.entries())
    images.set(train.images.data.subarray(row * pixels, (row + 1) * pixels), i * pixels);
  const labels = Uint8Array.from(rows, (row) => train.labels.data[row] ?? 0);
  return { images, labels };
}

const make = (reducer?: Reducer) =>
  Model.create({
    network: sequential(flatten(), rescale(1 / 255), dense(64), relu(), dense(10)),
    input: [28, 28],
    loss: softmaxCrossEntropy(),
    optimizer: adamw({ learningRate: 1e-3 }),
    backend: 'wasm',
    seed: 1,
    ...(reducer && { reducer }),
  });

/** The losses on the test digits after every round. */
async function lossesOf(options: LocalStepsOptions | undefined): Promise<readonly number[]> {
  const all = Array.from({ length: ranks }, (_, rank) => samplesOf(rank));
  const ends = simulatedRanks(ranks).map(async (reducer) => {
    const model = await make(options === undefined ? reducer : undefined);
    const parts = options === undefined ? interleaved(all) : all[reducer.rank];
    if (parts === undefined) return [];
    const { images, labels } = parts;
    const x = { shape: [labels.length, 28, 28], data: images };
    const losses: number[] = [];
    const callbacks = options === undefined ? [] : [localSteps(model, reducer, options)];
    const batchSize = options === undefined ? batch * ranks : batch;
    for (let round = 0; round < rounds; round++) {
      await model.fit(x, labels, { batchSize, callbacks, progress: false });
      if (options !== undefined && reducer.rank > 0) continue;
      const { loss = Number.NaN } = await model.evaluate(test.images, test.labels);
      losses.push(loss);
    }
    return losses;
  });
  return (await Promise.all(ends))[0] ?? [];
}

/** The samples of all ranks, one of each in turn. */
function interleaved(all: readonly { readonly images: Uint8Array; readonly labels: Uint8Array }[]) {
  const labels = new Uint8Array(own * ranks);
  const images = new Uint8Array(own * ranks * pixels);
  for (const [rank, part] of all.entries())
    for (let i = 0; i < own; i++) {
      labels[i * ranks + rank] = part.labels[i] ?? 0;
      images.set(part.images.subarray(i * pixels, (i + 1) * pixels), (i * ranks + rank) * pixels);
    }
  return { images, labels };
}

const curves = {
  'a sum in every step': await lossesOf(undefined),
  [`plain averages every ${every} steps`]: await lossesOf({ every, momentum: 0, learningRate: 1 }),
  [`DiLoCo every ${every} steps`]: await lossesOf({ every }),
};
for (const [name, losses] of Object.entries(curves))
  console.log(`${name}: ${losses.map((loss) => loss.toFixed(3)).join(' ')}`);
const history = Array.from({ length: rounds }, (_, i) =>
  Object.fromEntries(Object.entries(curves).map(([name, losses]) => [name, losses[i] ?? Number.NaN])),
);
const picture = plotHistory(history, {
  figures: Object.keys(curves),
  title: `loss on the test digits, ${ranks} ranks with ${alike ? 'all' : 'other'} digits each, against rounds of ${every} steps`,
});
const place = process.argv.indexOf('--save');
if (place > 0)
  await savePicture(`${process.argv[place + 1]}/local-steps${alike ? '-alike' : ''}.svg`, picture);
