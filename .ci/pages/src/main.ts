import type { BackendName } from 'pullback';
import { train } from './train.ts';

/** What a page asks for in its address: ?backend=wasm&worker=1. The answer becomes its title. */
const asked = new URLSearchParams(location.search);
const backend = (asked.get('backend') ?? 'auto') as BackendName;

function inWorker(): Promise<string> {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => resolve(data));
    worker.addEventListener('error', ({ message }) => reject(new Error(message)));
    worker.postMessage(backend);
  });
}

const answer = asked.has('worker') ? inWorker() : train(backend);
document.title = await answer.catch((error: unknown) => `failed: ${String(error)}`);
