import { type FieldsOf, field, OptionError } from '@pullback/core';
import {
  type FileHandle,
  type FileStatus,
  type FileSystem,
  fileSystem,
  pathOf,
  paths,
} from './file-system.ts';
import { Sha256 } from './sha256.ts';
import { removeStale, temporaryName } from './temporary-files.ts';

/** Where a file goes to: a path, where there is a file system, or a stream. */
export type ByteTarget = string | URL | WritableStream<Uint8Array>;

export interface SaveOptions {
  /** Whether the digest of what is written is computed. */
  readonly sha256?: boolean;
}

export const saveFields = { sha256: field.flag() } satisfies FieldsOf<SaveOptions>;

/** The file that was written. */
export interface Saved {
  readonly bytes: number;
  /** In hexadecimal, where it was asked for. */
  readonly sha256?: string;
}

type Chunks = AsyncIterable<Uint8Array>;

/** Writes all chunks: a file appears whole under its name, or the old one stays; a stream is closed, or aborted on a failure. */
export async function writeAll(
  target: ByteTarget,
  chunks: Chunks,
  { sha256 = false }: SaveOptions,
): Promise<Saved> {
  const digest = sha256 ? new Sha256() : undefined;
  let bytes = 0;
  const counted = (async function* () {
    for await (const chunk of chunks) {
      digest?.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  })();
  if (typeof target === 'string' || target instanceof URL) await writeFile(target, counted);
  else if (isStream(target)) await writeStream(target, counted);
  else
    throw new OptionError({ got: field.shown(target), expected: 'a path, a file: URL or a WritableStream' });
  return { bytes, ...(digest && { sha256: digest.hex() }) };
}

function isStream(target: unknown): target is WritableStream<Uint8Array> {
  return typeof target === 'object' && target !== null && 'getWriter' in target;
}

async function writeStream(target: WritableStream<Uint8Array>, chunks: Chunks): Promise<void> {
  const writer = target.getWriter();
  try {
    for await (const chunk of chunks) await writer.write(chunk);
    await writer.close();
  } catch (failure) {
    await writer.abort(failure).catch(() => {});
    throw failure;
  }
}

/**
 * Under a temporary name first, forced to the disk, then renamed: at no moment is there half a file under the name. A file that was there
 * gives its mode and owner; where the name is a symbolic link, the file that it leads to is written.
 */
async function writeFile(target: string | URL, chunks: Chunks): Promise<void> {
  const files = await fileSystem(target);
  const path = await followed(files, await pathOf(target));
  const old = await files.stat(path).catch(() => undefined);
  if (old !== undefined && !old.isFile() && !old.isDirectory()) return writeInto(files, path, chunks);
  await removeStale(files, path);
  const temporary = await temporaryName(path);
  try {
    await writeWhole(await files.open(temporary.path, 'wx'), chunks, old);
    await files.rename(temporary.path, path);
  } catch (failure) {
    await files.unlink(temporary.path).catch(() => {});
    throw failure;
  } finally {
    temporary.done();
  }
  await syncFolder(files, path);
}

async function writeWhole(handle: FileHandle, chunks: Chunks, old: FileStatus | undefined): Promise<void> {
  try {
    for await (const chunk of chunks) await writeChunk(handle, chunk);
    if (old !== undefined) {
      // Only an owner of much may give it away; without, the file is the writer's.
      await handle.chown(old.uid, old.gid).catch(() => {});
      await handle.chmod(old.mode & 0o7777);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A device or a pipe is written to and never replaced. */
async function writeInto(files: FileSystem, path: string, chunks: Chunks): Promise<void> {
  const handle = await files.open(path, 'w');
  try {
    for await (const chunk of chunks) await writeChunk(handle, chunk);
  } finally {
    await handle.close();
  }
}

/** write(2) may take less than it was given. */
async function writeChunk(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let done = 0; done < chunk.length; )
    done += (await handle.write(chunk, done, chunk.length - done)).bytesWritten;
}

/** Where a symbolic link leads to in the end, whether there is something or not. */
async function followed(files: FileSystem, path: string, hops = 0): Promise<string> {
  const link = await files.readlink(path).catch(() => undefined);
  if (link === undefined) return path;
  if (hops === 40)
    throw new OptionError({ got: `symbolic links in a circle at '${path}'`, expected: 'a file' });
  const { dirname, resolve } = await paths();
  return followed(files, resolve(await files.realpath(dirname(path)), link), hops + 1);
}

/** Makes the new name last through a loss of power; where folders cannot be opened there is nothing to do. */
async function syncFolder(files: FileSystem, path: string): Promise<void> {
  const handle = await files.open((await paths()).dirname(path), 'r').catch(() => undefined);
  await handle?.sync().catch(() => {});
  await handle?.close();
}
