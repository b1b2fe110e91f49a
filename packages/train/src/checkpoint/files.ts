import { UnsupportedError } from '@pullback/core';
import { broken } from './safetensors.ts';

/** Where a checkpoint goes to: a path, where there is a file system, or a stream. */
export type CheckpointTarget = string | URL | WritableStream<Uint8Array>;
/** Where a checkpoint comes from. */
export type CheckpointSource = string | URL | Uint8Array | ReadableStream<Uint8Array>;

/** What is used of Node's files: they are imported only when a path is given, so that a browser never sees them. */
interface FileHandle {
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ readonly bytesWritten: number }>;
  read(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: null,
  ): Promise<{ readonly bytesRead: number }>;
  stat(): Promise<{ readonly size: number }>;
  sync(): Promise<void>;
  close(): Promise<void>;
}
interface FileSystem {
  open(path: string, flags: string): Promise<FileHandle>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

const modules = { files: 'node:fs/promises', urls: 'node:url' };

async function fileSystem(at: string | URL): Promise<FileSystem> {
  try {
    return await import(/* @vite-ignore */ modules.files);
  } catch {
    throw new UnsupportedError({
      got: `the path '${at}' where there is no file system`,
      expected: 'a stream, or bytes',
    });
  }
}

async function pathOf(at: string | URL): Promise<string> {
  if (typeof at === 'string') return at;
  const { fileURLToPath } = await import(/* @vite-ignore */ modules.urls);
  return fileURLToPath(at);
}

/** Writes all chunks: a file appears whole under its name, or the old one stays; a stream is closed, or aborted on a failure. */
export async function writeAll(target: CheckpointTarget, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  if (typeof target === 'string' || target instanceof URL) return writeFile(target, chunks);
  const writer = target.getWriter();
  try {
    for await (const chunk of chunks) await writer.write(chunk);
    await writer.close();
  } catch (failure) {
    await writer.abort(failure).catch(() => {});
    throw failure;
  }
}

/** Under a temporary name first, forced to the disk, then renamed: at no moment is there half a file under the name. */
async function writeFile(target: string | URL, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const files = await fileSystem(target);
  const path = await pathOf(target);
  const unique = crypto.getRandomValues(new Uint32Array(2)).join('-');
  const temporary = `${path}.${unique}.tmp`;
  const handle = await files.open(temporary, 'wx');
  try {
    try {
      for await (const chunk of chunks) await writeChunk(handle, chunk);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await files.rename(temporary, path);
  } catch (failure) {
    await files.unlink(temporary).catch(() => {});
    throw failure;
  }
  await syncFolder(files, path);
}

/** write(2) may take less than it was given. */
async function writeChunk(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; )
    done += (await handle.write(chunk, done, chunk.length - done)).bytesWritten;
}

/** Makes the new name last through a loss of power; where folders cannot be opened there is nothing to do. */
async function syncFolder(files: FileSystem, path: string): Promise<void> {
  const folder = path.replace(/[^/\\]*$/, '') || '.';
  const handle = await files.open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}

/** Bytes in order. */
export interface ByteReader {
  /** Of the whole, where that is known. */
  readonly size: number | undefined;
  /** The next `length` bytes. @throws CheckpointError when there are fewer. */
  read(length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export async function readerOf(source: CheckpointSource): Promise<ByteReader> {
  if (source instanceof Uint8Array) return bytesReader(source);
  return typeof source === 'string' || source instanceof URL ? fileReader(source) : streamReader(source);
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
    close: async () => {},
  };
}

async function fileReader(at: string | URL): Promise<ByteReader> {
  const handle = await (await fileSystem(at)).open(await pathOf(at), 'r');
  const { size } = await handle.stat();
  let left = size;
  return {
    size,
    read: async (length) => {
      if (length > left) throw cutOff(left, length);
      left -= length;
      const bytes = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle.read(bytes, done, length - done, null);
        if (bytesRead === 0) throw cutOff(done, length);
        done += bytesRead;
      }
      return bytes;
    },
    close: () => handle.close(),
  };
}

/** Holds no more than has arrived, however much a header promises. */
function streamReader(stream: ReadableStream<Uint8Array>): ByteReader {
  const reader = stream.getReader();
  let rest = new Uint8Array(0);
  return {
    size: undefined,
    read: async (length) => {
      const parts = [rest];
      let have = rest.length;
      while (have < length) {
        const { value, done } = await reader.read();
        if (done) throw cutOff(have, length);
        parts.push(new Uint8Array(value));
        have += value.length;
      }
      const all = new Uint8Array(have);
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      rest = all.slice(length);
      return all.subarray(0, length);
    },
    close: () => reader.cancel(),
  };
}

function complete(part: Uint8Array, length: number): Uint8Array {
  if (part.length < length) throw cutOff(part.length, length);
  return part;
}

function cutOff(got: number, expected: number): Error {
  return broken(`${got} more bytes`, `${expected}`);
}
