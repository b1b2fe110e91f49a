import { existsSync } from 'node:fs';
import { mpi } from '@pullback/mpi';
import { adam, dense, dropout, Model, meanSquaredError, sequential, tanh } from 'pullback';
import { fingerprint, tell } from './tell.ts';

const given = JSON.parse(process.argv[2] ?? '{}');
/** How a rank comes to its end, before its step of that number. */
const { fault = '', victim = 1, at = 20, epochs = 6, file = '', timeout = 3, pause = 0 } = given;
const coming = mpi({ deterministic: true, timeout });
// MPI has begun, and the ranks have not met.
if (fault === 'start' && victim === Number(process.env['OMPI_COMM_WORLD_RANK'] ?? process.env['PMI_RANK'])) {
  tell({ rank: victim, fault: Date.now(), pid: process.pid });
  process.kill(process.pid, 'SIGSTOP');
}
const reducer = await coming;

const options = {
  network: sequential(dense(16), tanh(), dropout(0.3), dense(2)),
  input: [3],
  loss: meanSquaredError(),
  optimizer: adam({ learningRate: 0.01 }),
  backend: 'wasm',
  reducer,
} satisfies Parameters<typeof Model.create>[0];
const model = existsSync(file) ? await Model.load(file, options) : await Model.create(options);
const x = Array.from({ length: 157 }, (_, i) => [Math.sin(i), Math.cos(3 * i), (i % 5) / 5]);
const y = x.map(([a = 0, b = 0, c = 0]) => [a * b - c, a + b]);

const ends: Record<string, () => void> = {
  kill: () => process.kill(process.pid, 'SIGKILL'),
  stop: () => process.kill(process.pid, 'SIGSTOP'),
  spin: () => {
    for (;;) Math.random();
  },
  throw: () => {
    throw new Error('a mistake of the script');
  },
};

tell({ rank: reducer.rank, pid: process.pid });
while (model.stepCount < epochs * 4) {
  await model.fit(x, y, {
    batchSize: 44,
    progress: false,
    callbacks: [
      {
        step: async ({ stepCount }) => {
          if (fault !== '' && reducer.rank === victim && stepCount === at) {
            tell({ rank: victim, fault: Date.now() });
            ends[fault]?.();
          }
          if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
        },
      },
    ],
  });
  if (file !== '') await model.save(file);
}
tell({ rank: reducer.rank, steps: model.stepCount, numbers: await fingerprint(model) });
