// Steps a second of a network with two layers of 512 on 128 samples a rank: `mpirun -n 2 node ... steps.ts`, or alone.
import { mpi } from '@pullback/mpi';
import { adam, dense, Model, relu, sequential, softmaxCrossEntropy } from 'pullback';

const reducer = await mpi({ timeout: 0 });
const model = await Model.create({
  network: sequential(dense(512), relu(), dense(512), relu(), dense(10)),
  input: [784],
  loss: softmaxCrossEntropy(),
  optimizer: adam({ learningRate: 1e-3 }),
  backend: 'wasm',
  reducer,
});
const count = 128 * 10 * reducer.size;
const x = { shape: [count, 784], data: Float32Array.from({ length: count * 784 }, (_, i) => Math.sin(i)) };
const y = Int32Array.from({ length: count }, (_, i) => i % 10);
const rounds = Number(process.argv[2] ?? 6);
const rates: number[] = [];
for (let round = 0; round <= rounds; round++) {
  const started = performance.now();
  await model.fit(x, y, { batchSize: 128 * reducer.size, progress: false });
  if (round > 0) rates.push(performance.now() - started);
}
rates.sort((a, b) => a - b);
if (reducer.rank === 0)
  console.log(
    `${reducer.size} ranks: ${(Math.min(...rates) / 10).toFixed(1)} ms a step, median ${((rates[rounds >> 1] ?? 0) / 10).toFixed(1)}`,
  );
