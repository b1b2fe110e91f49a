import { CheckpointError, DisposedError, field, OptionError } from '@pullback/core';
import { type ByteReader, closing, cutOff, tooLong } from './byte-reader.ts';

/** Bytes that come in parts, once. */
export interface Parts {
  next(): Promise<IteratorResult<Uint8Array>> | IteratorResult<Uint8Array>;
  return?(): unknown;
}

/** Reads forwards. It holds no more than has arrived, however much a header promises, and nothing of what is passed over. */
export async function streamReader(parts: Parts): Promise<ByteReader> {
  const stream = new Forwards(parts);
  // One reads at a time: the parts of a stream have an order.
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work, work);
    turn = mine.catch(() => {});
    return mine;
  };
  const head = await stream.head().catch((failure) => closing(() => stream.close(), failure));
  return {
    size: undefined,
    head,
    read: (start, length) =>
      inTurn(async () => {
        await stream.skipTo(start, length);
        return stream.take(length);
      }),
    rest: (start) =>
      inTurn(async () => {
        await stream.skipTo(start, 0);
        return stream.all();
      }),
    end: (start) =>
      inTurn(async () => {
        await stream.skipTo(start, 0);
        if (await stream.more()) throw tooLong();
      }),
    close: () => stream.close(),
  };
}

class Forwards {
  #at = 0;
  /** The bytes that arrived and were not taken. */
  #held: Uint8Array<ArrayBufferLike> = new Uint8Array(0);
  #over = false;
  #closed = false;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  async head(): Promise<Uint8Array> {
    const arrived = [this.#held];
    let have = 0;
    while (have < 8) {
      const part = await this.#next();
      if (part === undefined) break;
      arrived.push(part);
      have += part.length;
    }
    this.#held = joined(arrived);
    return this.#held.slice(0, 8);
  }

  /** @param length how much is wanted there, for the error. */
  async skipTo(start: number, length: number): Promise<void> {
    if (start < this.#at)
      throw new CheckpointError({
        got: `bytes from ${start} on of a stream that was read up to ${this.#at}`,
        expected: 'an order that goes forwards',
        hint: 'A path, bytes or a Blob can be read in any order; of a stream, tensors() gives all in theirs.',
      });
    while (this.#at < start) {
      if (this.#held.length === 0 && !(await this.more())) throw cutOff(0, length);
      const passed = Math.min(this.#held.length, start - this.#at);
      this.#held = this.#held.subarray(passed);
      this.#at += passed;
    }
  }

  async take(length: number): Promise<Uint8Array> {
    const arrived = [this.#held];
    let have = this.#held.length;
    while (have < length) {
      const part = await this.#next();
      if (part === undefined) {
        this.#held = joined(arrived);
        throw cutOff(have, length);
      }
      arrived.push(part);
      have += part.length;
    }
    const all = arrived.length === 1 ? this.#held : joined(arrived);
    this.#held = all.subarray(length);
    this.#at += length;
    return all.subarray(0, length);
  }

  async all(): Promise<Uint8Array> {
    const arrived = [this.#held];
    for (let part = await this.#next(); part !== undefined; part = await this.#next()) arrived.push(part);
    const all = joined(arrived);
    this.#held = all.subarray(all.length);
    this.#at += all.length;
    return all;
  }

  /** Whether there is a byte that was not taken. */
  async more(): Promise<boolean> {
    while (this.#held.length === 0) {
      const part = await this.#next();
      if (part === undefined) return false;
      this.#held = part;
    }
    return true;
  }

  async close(): Promise<void> {
    if (!this.#over && !this.#closed) await this.#parts.return?.();
    this.#closed = true;
  }

  /** The next part, copied: whoever sends parts may use their memory again. */
  async #next(): Promise<Uint8Array | undefined> {
    if (this.#closed) throw new DisposedError({ got: 'a stream that was closed', expected: 'an open one' });
    if (this.#over) return undefined;
    const { value, done } = await this.#parts.next();
    this.#over = done === true;
    if (this.#over) return undefined;
    if (!ArrayBuffer.isView(value))
      throw new OptionError({ got: `${field.shown(value)} from a stream`, expected: 'bytes' });
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice();
  }
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
