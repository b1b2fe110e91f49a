import { randomBytes } from 'node:crypto';
import { hostname, networkInterfaces } from 'node:os';
import { Worker } from 'node:worker_threads';
import { RankError, type Reducer } from '@pullback/core';
import { places, reasons, watchSource } from './watch-source.ts';

/** Watches the other ranks, and lets them watch this one. */
export interface Watch {
  /** @throws RankError that names the rank that is lost. */
  refuse(): void;
  /** Says goodbye: from then on nobody misses this rank. */
  close(): void;
}

/** Watches nobody. */
export const blind: Watch = { refuse: () => {}, close: () => {} };

/** How many times `timeout` a rank waits for all the others to come to the start: they read files and compile until then. */
const patience = 5;

/** Watches nobody yet, but waits for ranks only so long. */
export function meeting(timeout: number): Watch {
  const until = performance.now() + patience * timeout;
  return {
    refuse() {
      if (performance.now() < until) return;
      throw new RankError({
        got: `ranks that did not come to the start within ${(patience * timeout) / 1000} s`,
        hint: 'mpi() is called by all ranks; one that has ended or hangs keeps the others here.',
      });
    },
    close: () => {},
  };
}

/** Milliseconds between two signs of life. */
const beat = 200;

interface Meeting {
  readonly port: number;
  readonly token: string;
  readonly hosts: readonly string[];
}

/**
 * Connects all ranks to the first, each by a thread of its own that notices when a process has ended, hangs or is cut off.
 * @param timeout milliseconds without a sign of life after which a rank is lost.
 * @throws RankError where a rank cannot reach the first.
 */
export async function startWatch(reducer: Reducer, timeout: number): Promise<Watch> {
  const { rank, size } = reducer;
  if (size === 1) return blind;
  const homes = await toAll(reducer, hostname());
  const near = homes.every((home) => home === homes[0]);
  const state = new Int32Array(new SharedArrayBuffer(16));
  const about = { state, rank, size, timeout };
  let thread: Thread;
  if (rank === 0) {
    const token = randomBytes(24).toString('hex');
    const hosts = near ? ['127.0.0.1'] : addresses();
    thread = new Thread({ ...about, token, host: near ? '127.0.0.1' : undefined });
    const { port } = await thread.listening;
    await toAll(reducer, JSON.stringify({ port, token, hosts } satisfies Meeting));
  } else {
    const [meeting = '{}'] = await toAll(reducer, '');
    thread = new Thread({ ...about, ...JSON.parse(meeting) });
  }
  await thread.connected(timeout);
  await toAll(reducer, '');
  const alive = setInterval(() => Atomics.add(state, places.alive, 1), beat);
  alive.unref();
  return {
    refuse() {
      const lost = Atomics.load(state, places.lost);
      if (lost === 0) return;
      const why = reasons[Atomics.load(state, places.reason)] ?? '';
      throw new RankError({
        got: `rank ${lost - 1} is lost to rank ${rank}: ${why}`,
        hint: 'Go on from the last checkpoint, with as many ranks as there are. A call that keeps the event loop for longer than `timeout` counts as hanging.',
      });
    },
    close() {
      clearInterval(alive);
      thread.leave(state);
    },
  };
}

/** The thread of a watch. */
class Thread {
  readonly listening: Promise<{ readonly port: number }>;
  readonly #worker: Worker;
  readonly #connected: Promise<void>;

  constructor(workerData: object) {
    this.#worker = new Worker(watchSource, { eval: true, workerData });
    this.#connected = new Promise((resolve) => {
      this.#worker.on('message', (message) => message === 'all' && resolve());
    });
    this.listening = new Promise((resolve, reject) => {
      this.#worker.on('message', (message) => typeof message.port === 'number' && resolve(message));
      this.#worker.on('error', reject);
    });
  }

  /** @throws RankError where that takes too long. */
  async connected(timeout: number): Promise<void> {
    const late = new Promise<never>((_, reject) => {
      const got = 'a rank that cannot be reached by the first, or cannot reach it';
      const hint = 'Ranks watch each other by TCP; mpi({ timeout: 0 }) leaves that out.';
      setTimeout(() => reject(new RankError({ got, hint })), timeout).unref();
    });
    try {
      await Promise.race([this.#connected, late]);
    } finally {
      // The process ends when its own work is done: a listener would keep it.
      this.#worker.removeAllListeners('message');
      this.#worker.unref();
    }
  }

  leave(state: Int32Array): void {
    this.#worker.postMessage('leave');
    Atomics.wait(state, places.left, 0, 1000);
  }
}

/** The texts of all ranks, by rank. */
async function toAll(reducer: Reducer, text: string): Promise<readonly string[]> {
  const bytes = new TextEncoder().encode(text);
  const all = await reducer.exchange(Array.from({ length: reducer.size }, () => bytes));
  return all.map((each) => new TextDecoder().decode(each));
}

/** The addresses that other hosts may reach this one by. */
function addresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.filter(({ internal }) => !internal).map(({ address }) => address);
}
