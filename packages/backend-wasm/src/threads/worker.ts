import { workerSource } from './worker-source.ts';

/** Something with messages: a Web Worker, or one of Node. */
export interface Thread {
  postMessage(message: unknown): void;
  terminate(): unknown;
  unref?(): void;
}

interface Engine {
  readonly process?: {
    readonly versions?: { readonly node?: string };
    getBuiltinModule?(name: string): unknown;
  };
  readonly navigator?: { readonly hardwareConcurrency?: number };
  readonly crossOriginIsolated?: boolean;
}

export function startWorker(): Thread {
  const { process } = globalThis as Engine;
  if (process?.versions?.node === undefined) {
    const url = URL.createObjectURL(new Blob([workerSource], { type: 'text/javascript' }));
    return new Worker(url);
  }
  const threads = process.getBuiltinModule?.('node:worker_threads') as {
    Worker: new (source: string, options: { eval: boolean }) => Thread;
  };
  const thread = new threads.Worker(workerSource, { eval: true });
  // The program ends when its own work is done.
  thread.unref?.();
  return thread;
}

/** Why there can be no threads here; undefined where there can. */
export function whyNoThreads(): string | undefined {
  const { crossOriginIsolated } = globalThis as Engine;
  if (typeof SharedArrayBuffer === 'undefined')
    return 'there is no SharedArrayBuffer; a page must be cross-origin isolated';
  if (crossOriginIsolated === false) return 'the page is not cross-origin isolated';
  return processors() === 1 ? 'there is one processor' : undefined;
}

/** How many processors this process may use; undefined where nobody says. */
function processors(): number | undefined {
  const { process, navigator } = globalThis as Engine;
  const os = process?.getBuiltinModule?.('node:os') as { availableParallelism?(): number } | undefined;
  return os?.availableParallelism?.() ?? navigator?.hardwareConcurrency;
}
