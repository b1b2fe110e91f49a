import { UnsupportedError } from '@pullback/core';

/** The part of Node's file system that is used: it is imported only when a path is given, so that a browser never sees it. */
export interface FileHandle {
  write(bytes: Uint8Array, offset: number, length: number): Promise<{ readonly bytesWritten: number }>;
  read(
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
  ): Promise<{ readonly bytesRead: number }>;
  stat(): Promise<FileStatus>;
  chmod(mode: number): Promise<void>;
  chown(user: number, group: number): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

export interface FileStatus {
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeMs: number;
  isFile(): boolean;
  isDirectory(): boolean;
}

export interface FileSystem {
  open(path: string, flags: string): Promise<FileHandle>;
  stat(path: string): Promise<FileStatus>;
  readdir(path: string): Promise<string[]>;
  readlink(path: string): Promise<string>;
  realpath(path: string): Promise<string>;
  rename(from: string, to: string): Promise<void>;
  unlink(path: string): Promise<void>;
}

export interface Paths {
  basename(path: string): string;
  dirname(path: string): string;
  join(...parts: string[]): string;
  resolve(...parts: string[]): string;
}

export interface Processes {
  readonly pid: number;
  kill(pid: number, signal: number): void;
}

const modules = {
  files: 'node:fs/promises',
  urls: 'node:url',
  paths: 'node:path',
  system: 'node:os',
  process: 'node:process',
};

export async function fileSystem(at: string | URL): Promise<FileSystem> {
  try {
    return await import(/* webpackIgnore: true */ /* @vite-ignore */ modules.files);
  } catch {
    throw new UnsupportedError({
      got: `the path '${at}' where there is no file system`,
      expected: 'a stream, or bytes',
    });
  }
}

export async function paths(): Promise<Paths> {
  return import(/* webpackIgnore: true */ /* @vite-ignore */ modules.paths);
}

/** The process that this is, and the name of its machine. */
export async function here(): Promise<{ readonly process: Processes; readonly machine: string }> {
  const { default: process }: { default: Processes } = await import(
    /* webpackIgnore: true */ /* @vite-ignore */ modules.process
  );
  const { hostname }: { hostname(): string } = await import(
    /* webpackIgnore: true */ /* @vite-ignore */ modules.system
  );
  return { process, machine: hostname() };
}

/** @throws UnsupportedError for a URL that names no file. */
export async function pathOf(at: string | URL): Promise<string> {
  if (typeof at === 'string') return at;
  if (at.protocol !== 'file:')
    throw new UnsupportedError({
      got: `the URL '${at}'`,
      expected: 'a file: URL',
      hint: 'A Response is read, as of await fetch(url), and so are ranges(url).',
    });
  const { fileURLToPath } = await import(/* webpackIgnore: true */ /* @vite-ignore */ modules.urls);
  return fileURLToPath(at);
}
