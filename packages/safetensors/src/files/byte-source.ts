import { CheckpointError, field, OptionError } from '@pullback/core';
import { type ByteReader, type Placed, placedReader } from './byte-reader.ts';
import { fileSystem, pathOf } from './file-system.ts';
import { type Parts, streamReader } from './stream-reader.ts';

/**
 * Where a file comes from: a path, where there is a file system, bytes, a Blob or File, a Response, parts in order, or
 * something that gives any range of its bytes.
 */
export type ByteSource =
  | string
  | URL
  | ArrayBuffer
  | SharedArrayBuffer
  | ArrayBufferView
  | Blob
  | Response
  | ReadableStream<Uint8Array>
  | AsyncIterable<Uint8Array>
  | Iterable<Uint8Array>
  | Placed;

/** @throws OptionError for a source of another kind, CheckpointError for a response without success. */
export async function readerOf(source: ByteSource): Promise<ByteReader> {
  if (typeof source === 'string' || source instanceof URL) return fileReader(source);
  if (ArrayBuffer.isView(source))
    return bytesReader(new Uint8Array(source.buffer, source.byteOffset, source.byteLength));
  if (isBuffer(source)) return bytesReader(new Uint8Array(source));
  if (isBlob(source)) return blobReader(source);
  if (isResponse(source)) return responseReader(source);
  if (isStream(source)) return streamReader(partsOf(source));
  if (typeof source === 'object' && source !== null) {
    if (Symbol.asyncIterator in source) return streamReader(source[Symbol.asyncIterator]());
    if (Symbol.iterator in source) return streamReader(source[Symbol.iterator]());
    if (isPlaced(source)) return placedReader(source);
  }
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

function isPlaced(source: object): source is Placed {
  const { size, range }: { size?: unknown; range?: unknown } = source;
  return typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 && typeof range === 'function';
}

function bytesReader(bytes: Uint8Array): Promise<ByteReader> {
  return placedReader({ size: bytes.length, range: async (start, end) => bytes.subarray(start, end) });
}

function blobReader(blob: Blob): Promise<ByteReader> {
  const range = async (start: number, end: number) =>
    new Uint8Array(await blob.slice(start, end).arrayBuffer());
  return placedReader({ size: blob.size, range });
}

async function fileReader(at: string | URL): Promise<ByteReader> {
  const handle = await (await fileSystem(at)).open(await pathOf(at), 'r');
  const close = () => handle.close();
  const fill = async (bytes: Uint8Array, from: number | null): Promise<Uint8Array> => {
    let done = 0;
    while (done < bytes.length) {
      const place = from === null ? null : from + done;
      const { bytesRead } = await handle.read(bytes, done, bytes.length - done, place);
      if (bytesRead === 0) break;
      done += bytesRead;
    }
    return bytes.subarray(0, done);
  };
  const status = await handle.stat();
  if (status.isFile()) {
    const range = (start: number, end: number) => fill(new Uint8Array(end - start), start);
    return placedReader({ size: status.size, range, close });
  }
  // A pipe has no size, and no places.
  const next = async (): Promise<IteratorResult<Uint8Array>> => {
    const value = await fill(new Uint8Array(2 ** 16), null);
    return value.length === 0 ? { done: true, value: undefined } : { done: false, value };
  };
  const reader = await streamReader({ next, return: close });
  return { ...reader, close };
}

function responseReader(response: Response): Promise<ByteReader> {
  if (!response.ok)
    throw new CheckpointError({
      got: `the answer ${response.status} ${response.statusText}`,
      expected: 'a file',
      at: response.url || 'the response',
    });
  if (response.bodyUsed)
    throw new CheckpointError({ got: 'a response whose body was read', expected: 'one that was not' });
  return response.body === null ? bytesReader(new Uint8Array(0)) : streamReader(partsOf(response.body));
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
