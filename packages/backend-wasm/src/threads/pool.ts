import { control, states } from './control.ts';
import { workerSource } from './worker-source.ts';

/** Something with messages: a Web Worker, or one of Node. */
interface Thread {
  postMessage(message: unknown): void;
  terminate(): unknown;
  unref?(): void;
}

/** A binding that workers may take part in. */
export interface Shared {
  readonly id: number;
  /** Byte address of the number of workers that have it. */
  readonly ready: number;
}

/**
 * Workers on one shared memory. They wait for jobs awake for a while, then asleep, then leave for their event loops, where they can be told
 * of new bindings; a job is begun without them when they are not there, with the same result.
 */
export class Pool {
  readonly #threads: readonly Thread[];
  readonly #control: Int32Array;
  #bindings = 0;
  #jobs = 0;

  constructor(
    readonly memory: WebAssembly.Memory,
    workers: number,
  ) {
    this.#control = new Int32Array(memory.buffer, 0, 256);
    this.#threads = Array.from({ length: workers }, () => startWorker());
    Atomics.add(this.#control, control.posted, 1);
    this.#threads.forEach((thread, i) => {
      thread.postMessage({ memory, thread: i + 1 });
    });
  }

  /** Jobs that all threads did together. */
  get jobs(): number {
    return this.#jobs;
  }

  get size(): number {
    return this.#threads.length + 1;
  }

  /** Tells all workers of a module with these globals; `ready` is the address of an int32 that is 0. */
  share(module: WebAssembly.Module, globals: Readonly<Record<string, number>>, ready: number): Shared {
    const id = this.#bindings++;
    this.#post({ module, globals, binding: id, ready });
    return { id, ready };
  }

  forget({ id }: Shared): void {
    this.#post({ forget: id });
  }

  #post(message: unknown): void {
    // Counted before it is sent: a worker that has read it must not think that there is less.
    Atomics.add(this.#control, control.posted, 1);
    for (const thread of this.#threads) thread.postMessage(message);
    Atomics.notify(this.#control, control.generation);
  }

  /** Runs `own`, the first thread's part, with the parts of the workers; false, and nothing done, when they are not all there. */
  run({ id, ready }: Shared, times: number, own: (thread: number, times: number) => void): boolean {
    const numbers = this.#control;
    const workers = this.#threads.length;
    const isReady = new Int32Array(this.memory.buffer, ready, 1);
    if (Atomics.load(isReady, 0) !== workers) return false;
    for (let i = 1; i <= workers; i++) {
      const before = Atomics.compareExchange(numbers, control.states + i, states.attending, states.taken);
      if (before === states.attending) continue;
      for (let k = 1; k < i; k++) Atomics.store(numbers, control.states + k, states.attending);
      // Any message brings them back, once they have read it.
      if (before === states.away) this.#call();
      return false;
    }
    Atomics.store(numbers, control.binding, id);
    Atomics.store(numbers, control.times, times);
    Atomics.store(numbers, control.base, Atomics.load(numbers, control.arrived));
    Atomics.add(numbers, control.generation, 1);
    Atomics.notify(numbers, control.generation);
    own(0, times);
    this.#jobs++;
    for (let i = 1; i <= workers; i++) Atomics.store(numbers, control.states + i, states.attending);
    return true;
  }

  #called = 0;

  /** At most one call in a hundredth of a second: workers that are starting need time, not messages. */
  #call(): void {
    const now = performance.now();
    if (now - this.#called < 10) return;
    this.#called = now;
    this.#post({});
  }

  dispose(): void {
    for (const thread of this.#threads) void thread.terminate();
  }
}

function startWorker(): Thread {
  const { process } = globalThis as {
    process?: { versions?: { node?: string }; getBuiltinModule?(name: string): unknown };
  };
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
  if (typeof SharedArrayBuffer === 'undefined')
    return 'there is no SharedArrayBuffer; a page must be cross-origin isolated';
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  return crossOriginIsolated === false ? 'the page is not cross-origin isolated' : undefined;
}
