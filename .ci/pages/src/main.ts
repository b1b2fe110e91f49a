import { inWorker } from '@pullback/worker';
import type { BackendName } from 'pullback';
import { train, verdict, x, y } from './train.ts';

/** What a page asks for in its address: ?backend=wasm&where=worker. The answer becomes its title. */
const asked = new URLSearchParams(location.search);
const backend = (asked.get('backend') ?? 'auto') as BackendName;

/** All of it in a worker of one's own. */
function elsewhere(): Promise<string> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => resolve(data));
    worker.addEventListener('error', ({ message }) => reject(new Error(message)));
    worker.postMessage(backend);
  });
}

/** A model that lives in a worker. */
async function served(): Promise<string> {
  const worker = new Worker(new URL('./served.ts', import.meta.url), { type: 'module' });
  const model = await inWorker(worker, backend);
  await model.fit(x, y, { epochs: 200, batchSize: 4 });
  const { loss = Number.NaN } = await model.evaluate(x, y);
  const ran = (await model.standing()).backend;
  await model.dispose();
  return verdict(ran, [loss]);
}

const where = asked.get('where');
const answer = where === 'worker' ? elsewhere() : where === 'served' ? served() : train(backend);
document.title = await answer.catch((error: unknown) => `failed: ${String(error)}`);
