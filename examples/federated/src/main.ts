// A server and four clients, each a process of its own: none of them sees the data of another.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Federation } from '@pullback/federated';
import { startServer } from './server.ts';
import { errorOf, makeModel } from './task.ts';

const names = ['anna', 'ben', 'cleo', 'dan'];
const token = randomBytes(16).toString('hex');
const federation = new Federation({ weights: await (await makeModel()).weights() });
console.log(`before: error ${(await errorOf(federation.weights)).toFixed(4)}`);
const { port, finished } = await startServer({
  federation,
  port: 0,
  token,
  clients: names.length,
  rounds: Number(process.argv[2] ?? 30),
  ended: async (round, counted) => {
    if (round % 5 === 0)
      console.log(
        `round ${round}: ${counted} updates, error ${(await errorOf(federation.weights)).toFixed(4)}`,
      );
  },
  failed: (name, failure) => console.log(`${name}: ${failure}`),
});
for (const [i, name] of names.entries())
  spawn(
    process.execPath,
    [
      ...process.execArgv,
      fileURLToPath(new URL('client-main.ts', import.meta.url)),
      `ws://localhost:${port}`,
      ...[name, String(i), String(names.length)],
    ],
    { stdio: 'inherit', env: { ...process.env, FEDERATED_TOKEN: token } },
  );
await finished;
