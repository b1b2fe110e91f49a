import { mpi } from '@pullback/mpi';
import { adam, batchNorm, dense, dropout, Model, meanSquaredError, r2, sequential, tanh } from 'pullback';
import { fingerprint, tell } from './tell.ts';

const { options = {}, epochs = 2, dtype = 'float32' } = JSON.parse(process.argv[2] ?? '{}');
const reducer = await mpi(options);
const model = await Model.create({
  network: sequential(dense(16), batchNorm(), tanh(), dropout(0.3), dense(8), dropout(0.2), dense(2)),
  input: [3],
  loss: meanSquaredError(),
  optimizer: adam({ learningRate: 0.01 }),
  backend: 'wasm',
  // The first rank gives its numbers to all.
  seed: 5 + (options.deterministic === true ? 0 : reducer.rank),
  dtype,
  reducer,
});
const x = Array.from({ length: 157 }, (_, i) => [Math.sin(i), Math.cos(3 * i), (i % 5) / 5]);
const y = x.map(([a = 0, b = 0, c = 0]) => [a * b - c, a + b]);
// Parts of 4 or 3 samples, and of a last batch of 25 ones of 3 or 2, where batches are cut into 12.
const history = await model.fit(x, y, { epochs, batchSize: 44, metrics: [r2()], progress: false });
tell({
  rank: reducer.rank,
  size: reducer.size,
  steps: model.stepCount,
  history: history.slice(-2),
  numbers: await fingerprint(model),
});
