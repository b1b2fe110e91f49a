import { RankError, type Reducer, UnsupportedError } from '@pullback/core';
import { type Calls, type Request, stable } from './calls.ts';
import { blind, type Watch } from './watch/watch.ts';

/** Milliseconds for which MPI is asked again and again before the event loop has its turn. */
const spell = 1;
/** Milliseconds after which a rank does not wait for messages on their way, but for one that computes. */
const longWait = 20;
/** Elements that are summed at once: a call of MPI, which may copy all of them, is short. */
const pieceLength = 2 ** 20;
const mostBytes = 2 ** 31 - 1;

/** A reducer over MPI. Its calls are done in the order in which they were made, while the event loop goes on. */
export class MpiReducer implements Reducer {
  readonly rank: number;
  readonly size: number;
  readonly #calls: Calls;
  #watch = blind;
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;
  /** Requests of which MPI may still write to the memory after an error. */
  readonly #abandoned: Request[] = [];

  constructor(
    calls: Calls,
    /** The implementation of MPI, in its own words. */
    readonly version: string,
    readonly parts: number | undefined,
  ) {
    this.#calls = calls;
    this.rank = calls.rank;
    this.size = calls.size;
  }

  /** Lets calls end where a rank is lost. */
  watchedBy(watch: Watch): void {
    this.#watch = watch;
  }

  sum(numbers: Float32Array | Float64Array): Promise<void> {
    return this.#inTurn(async () => {
      for (let at = 0; at < numbers.length; at += pieceLength)
        await this.#done(this.#calls.sum(numbers.subarray(at, at + pieceLength)));
    });
  }

  exchange(outgoing: readonly Uint8Array[]): Promise<readonly Uint8Array[]> {
    return this.#inTurn(async () => {
      const counts = stable(this.size);
      const lengths = outgoing.map(({ length }) => length);
      counts.set(lengths);
      const incoming = await this.#lengths(counts);
      const [all, places] = joined(outgoing);
      const total = incoming.reduce((sum, length) => sum + length, 0);
      if (Math.max(total, places) > mostBytes)
        throw new UnsupportedError({
          got: `${Math.max(total, places)} bytes for one exchange between ranks`,
          expected: `at most ${mostBytes}`,
        });
      const received = new Uint8Array(new ArrayBuffer(total));
      await this.#done(this.#calls.exchange(all, counts, received, incoming));
      let at = 0;
      return [...incoming].map((length) => {
        at += length;
        return received.subarray(at - length, at);
      });
    });
  }

  /** Waits for what was asked, and leaves MPI: nothing can be asked any more. */
  async close(): Promise<void> {
    await this.#inTurn(async () => this.leave(0));
  }

  /** Leaves MPI where the process ends; with a code that is not 0 all other processes are ended. */
  leave(code: number): void {
    if (this.#closed) return;
    this.#closed = true;
    // The end of a process that failed is to be noticed.
    if (code === 0) this.#watch.close();
    if (code === 0 && this.#abandoned.length === 0) {
      this.#calls.finalize();
      return;
    }
    // A launcher that ends all processes passes on what they wrote shortly before.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    this.#calls.abort(code === 0 ? 1 : code);
  }

  /** How many bytes come from each rank. */
  async #lengths(counts: Int32Array<ArrayBuffer>): Promise<Int32Array> {
    const [four, incoming] = [stable(this.size).fill(4), stable(this.size)];
    const bytes = (of: Int32Array<ArrayBuffer>) => new Uint8Array(of.buffer);
    await this.#done(this.#calls.exchange(bytes(counts), four, bytes(incoming), four));
    return incoming;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#last.then(() => {
      if (this.#closed) throw new RankError({ got: 'a call after MPI was left', expected: 'none' });
      return work();
    });
    this.#last = done.catch(() => {});
    return done;
  }

  /** Waits until MPI has done it. @throws RankError */
  async #done(request: Request): Promise<void> {
    try {
      const began = performance.now();
      for (let now = began; ; ) {
        const until = now + spell;
        do {
          if (request.test()) return;
          this.#calls.yield(now - began > longWait);
          now = performance.now();
        } while (now < until);
        this.#watch.refuse();
        await new Promise((resolve) => setImmediate(resolve));
      }
    } catch (error) {
      this.#abandoned.push(request);
      throw error;
    }
  }
}

/** Arrays one after the other, and their length: where they lie so already they are not copied. */
function joined(arrays: readonly Uint8Array[]): readonly [Uint8Array, number] {
  const total = arrays.reduce((sum, { length }) => sum + length, 0);
  const [first, ...others] = arrays;
  let end = (first?.byteOffset ?? 0) + (first?.length ?? 0);
  const lieSo = others.every(({ buffer, byteOffset, length }) => {
    end += length;
    return buffer === first?.buffer && byteOffset === end - length;
  });
  if (first !== undefined && lieSo) return [new Uint8Array(first.buffer, first.byteOffset, total), total];
  if (total > mostBytes) return [new Uint8Array(), total];
  const all = new Uint8Array(new ArrayBuffer(total));
  let at = 0;
  for (const array of arrays) {
    all.set(array, at);
    at += array.length;
  }
  return [all, total];
}
