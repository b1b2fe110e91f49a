import { CheckpointError, field, OptionError } from '@pullback/core';
import { fileSystem, pathOf } from './file-system.ts';
import { broken } from './safetensors.ts';

/** Where a checkpoint comes from: a path, where there is a file system, bytes, a Blob or File, a Response, or parts in order. */
export type CheckpointSource =
  | string
  | URL
  | ArrayBuffer
  | SharedArrayBuffer
  | ArrayBufferView
  | Blob
  | Response
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>;

/** Bytes in order. */
export interface ByteReader {
  /** Of the whole, where that is known. */
  readonly size: number | undefined;
  /** The next `length` bytes. @throws CheckpointError when there are fewer. */
  read(length: number): Promise<Uint8Array>;
  /** All that are left. */
  rest(): Promise<Uint8Array>;
  /** @throws CheckpointError when there are more. */
  end(): Promise<void>;
  close(): Promise<void>;
}

/** @throws OptionError for a source of another kind, CheckpointError for a response without success. */
export async function readerOf(source: CheckpointSource): Promise<ByteReader> {
  if (typeof source === 'string' || source instanceof URL) return fileReader(source);
  if (ArrayBuffer.isView(source))
    return bytesReader(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
  if (isBuffer(source)) return bytesReader(new Uint8Array(source));
  if (isBlob(source)) return blobReader(source);
  if (isResponse(source)) return responseReader(source);
  if (isStream(source)) return partsReader(partsOf(source));
  if (typeof source === 'object' && source !== null && Symbol.asyncIterator in source)
    return partsReader(source[Symbol.asyncIterator]());
  if (typeof source === 'object' && source !== null && Symbol.iterator in source)
    return partsReader(source[Symbol.iterator]());
  throw new OptionError({
    got: field.shown(source),
    expected: 'a path, a URL, bytes, a Blob, a Response or a stream of bytes',
  });
}

// Told apart by what they are called: another realm, such as a test's sandbox, has classes of its own.
function isBuffer(source: unknown): source is ArrayBuffer {
  return /\[object (Shared)?ArrayBuffer]/.test(Object.prototype.toString.call(source));
}

function isBlob(source: unknown): source is Blob {
  return /\[object (Blob|File)]/.test(Object.prototype.toString.call(source));
}

function isResponse(source: unknown): source is Response {
  return Object.prototype.toString.call(source) === '[object Response]';
}

function isStream(source: unknown): source is ReadableStream<Uint8Array> {
  return typeof source === 'object' && source !== null && 'getReader' in source;
}

function bytesReader(bytes: Uint8Array): ByteReader {
  let at = 0;
  return {
    size: bytes.length,
    read: async (length) => {
      const part = bytes.subarray(at, at + length);
      at += length;
      return complete(part, length);
    },
    rest: async () => bytes.subarray(at),
    end: async () => {},
    close: async () => {},
  };
}

function blobReader(blob: Blob): ByteReader {
  let at = 0;
  return {
    size: blob.size,
    read: async (length) => {
      const part = new Uint8Array(await blob.slice(at, at + length).arrayBuffer());
      at += length;
      return complete(part, length);
    },
    rest: async () => new Uint8Array(await blob.slice(at).arrayBuffer()),
    end: async () => {},
    close: async () => {},
  };
}

async function fileReader(at: string | URL): Promise<ByteReader> {
  const handle = await (await fileSystem(at)).open(await pathOf(at), 'r');
  const status = await handle.stat();
  // A pipe has no size.
  const size = status.isFile() ? status.size : undefined;
  let left = size ?? Infinity;
  const fill = async (bytes: Uint8Array): Promise<number> => {
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await handle.read(bytes, done, bytes.length - done, null);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return done;
  };
  return {
    size,
    read: async (length) => {
      if (length > left) throw cutOff(left, length);
      left -= length;
      const bytes = new Uint8Array(length);
      return complete(bytes.subarray(0, await fill(bytes)), length);
    },
    rest: async () => {
      const parts: Uint8Array[] = [];
      for (;;) {
        const part = new Uint8Array(2 ** 20);
        const done = await fill(part);
        parts.push(part.subarray(0, done));
        if (done < part.length) return joined(parts);
      }
    },
    end: async () => {
      if ((await fill(new Uint8Array(1))) > 0) throw tooLong();
    },
    close: () => handle.close(),
  };
}

function responseReader(response: Response): ByteReader {
  if (!response.ok)
    throw new CheckpointError({
      got: `the answer ${response.status} ${response.statusText}`,
      expected: 'a file',
      at: response.url || 'the response',
    });
  if (response.bodyUsed)
    throw new CheckpointError({ got: 'a response whose body was read', expected: 'one that was not' });
  return response.body === null ? bytesReader(new Uint8Array(0)) : partsReader(partsOf(response.body));
}

interface Parts {
  next(): Promise<IteratorResult<Uint8Array>> | IteratorResult<Uint8Array>;
  return?(): unknown;
}

function partsOf(stream: ReadableStream<Uint8Array>): Parts {
  const reader = stream.getReader();
  return {
    next: async () => {
      const { value, done } = await reader.read();
      return done ? { value: undefined, done } : { value, done };
    },
    return: () => reader.cancel(),
  };
}

/** Holds no more than has arrived, however much a header promises. */
function partsReader(parts: Parts): ByteReader {
  let rest = new Uint8Array(0);
  let over = false;
  const next = async (): Promise<Uint8Array | undefined> => {
    if (over) return undefined;
    const { value, done } = await parts.next();
    over = done === true;
    if (over) return undefined;
    if (!ArrayBuffer.isView(value))
      throw new OptionError({ got: `${field.shown(value)} from a stream`, expected: 'bytes' });
    return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  };
  return {
    size: undefined,
    read: async (length) => {
      const arrived: Uint8Array[] = [rest];
      let have = rest.length;
      while (have < length) {
        const part = await next();
        if (part === undefined) throw cutOff(have, length);
        // Whoever sends parts may use their memory again.
        arrived.push(part.slice());
        have += part.length;
      }
      const all = joined(arrived);
      rest = all.slice(length);
      return all.subarray(0, length);
    },
    rest: async () => {
      const arrived: Uint8Array[] = [rest];
      for (let part = await next(); part !== undefined; part = await next()) arrived.push(part.slice());
      rest = new Uint8Array(0);
      return joined(arrived);
    },
    end: async () => {
      let more = rest.length;
      while (more === 0) {
        const part = await next();
        if (part === undefined) return;
        more = part.length;
      }
      throw tooLong();
    },
    close: async () => {
      if (!over) await parts.return?.();
    },
  };
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

function complete(part: Uint8Array, length: number): Uint8Array {
  if (part.length < length) throw cutOff(part.length, length);
  return part;
}

function cutOff(got: number, expected: number): CheckpointError {
  return broken(`${got} more bytes`, `${expected}`);
}

function tooLong(): CheckpointError {
  return broken('bytes after the last tensor', 'an end there, as the header says');
}
