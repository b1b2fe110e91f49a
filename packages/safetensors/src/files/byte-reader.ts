import { CheckpointError, DisposedError } from '@pullback/core';

/** Bytes by their place in a whole that may not have come yet. */
export interface ByteReader {
  /** Of the whole, where that is known. */
  readonly size: number | undefined;
  /** The first eight bytes, or all where there are fewer. */
  readonly head: Uint8Array;
  /** `length` bytes from `start` on; of a stream, none before those that were read last. @throws CheckpointError when there are fewer. */
  read(start: number, length: number): Promise<Uint8Array>;
  /** All from `start` on. */
  rest(start: number): Promise<Uint8Array>;
  /** @throws CheckpointError when there are bytes from `start` on. */
  end(start: number): Promise<void>;
  close(): Promise<void>;
}

/** Bytes that can be read at any place. */
export interface Placed {
  readonly size: number;
  /** Those from `start` to `end`, which lie within; fewer where the file became shorter. */
  range(start: number, end: number): Promise<Uint8Array>;
  close?(): Promise<void>;
}

/** Reads what is wanted and nothing else. */
export async function placedReader(placed: Placed): Promise<ByteReader> {
  const { size } = placed;
  let closed = false;
  const read = async (start: number, length: number): Promise<Uint8Array> => {
    if (closed) throw new DisposedError({ got: 'a file that was closed', expected: 'an open one' });
    if (start + length > size) throw cutOff(Math.max(0, size - start), length);
    if (length === 0) return new Uint8Array(0);
    const part = await placed.range(start, start + length);
    if (part.length !== length) throw cutOff(part.length, length);
    return part;
  };
  const close = async () => {
    if (!closed) await placed.close?.();
    closed = true;
  };
  return {
    size,
    head: await read(0, Math.min(8, size)).catch((failure) => closing(close, failure)),
    read,
    rest: (start) => read(Math.min(start, size), Math.max(0, size - start)),
    end: async (start) => {
      if (start < size) throw tooLong();
    },
    close,
  };
}

/** Closes, and goes on with a failure. */
export async function closing(close: () => Promise<void>, failure: unknown): Promise<never> {
  await close();
  throw failure;
}

/** A file that breaks the format. */
export function broken(got: string, expected: string): CheckpointError {
  return new CheckpointError({
    got,
    expected,
    at: 'the safetensors file',
    hint: 'The file is damaged, cut off, or no safetensors file. Nothing was changed.',
  });
}

export function cutOff(got: number, expected: number): CheckpointError {
  return broken(`${got} more bytes`, `${expected}`);
}

export function tooLong(): CheckpointError {
  return broken('bytes after the last tensor', 'an end there, as the header says');
}
