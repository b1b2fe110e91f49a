// `npm run server`: FEDERATED_TOKEN=... FEDERATED_PORT=8080 FEDERATED_CLIENTS=4 FEDERATED_ROUNDS=20
import { Federation } from '@pullback/federated';
import { startServer } from './server.ts';
import { errorOf, makeModel } from './task.ts';

const { FEDERATED_TOKEN: token, FEDERATED_PORT, FEDERATED_CLIENTS, FEDERATED_ROUNDS } = process.env;
if (!token) throw new Error('FEDERATED_TOKEN is not set: a client has to know it');
const federation = new Federation({ weights: await (await makeModel()).weights() });
const { port, finished } = await startServer({
  federation,
  port: Number(FEDERATED_PORT ?? 8080),
  token,
  clients: Number(FEDERATED_CLIENTS ?? 4),
  rounds: Number(FEDERATED_ROUNDS ?? 20),
  deadline: 10_000,
  ended: async (round, counted) =>
    console.log(
      `round ${round}: ${counted} updates, error ${(await errorOf(federation.weights)).toFixed(4)}`,
    ),
  failed: (name, failure) => console.log(`${name}: ${failure}`),
});
console.log(`listening on port ${port}`);
await finished;
