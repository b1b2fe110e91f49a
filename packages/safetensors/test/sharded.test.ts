import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  CheckpointError,
  DisposedError,
  OptionError,
  UnknownNameError,
  UnsupportedError,
} from '@pullback/core';
import { openSafetensors, ranges } from '@pullback/safetensors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { f32, file, inParts } from './safetensors-file.ts';

const scalar = (at: number) => ({ dtype: 'F32', shape: [], data_offsets: [4 * at, 4 * at + 4] });
const first = file({ a: scalar(0), b: scalar(1) }, f32(1, 2));
const second = file({ c: scalar(0), spare: scalar(1) }, f32(3, 4));
const map = { c: 'two.safetensors', a: 'one.safetensors', b: 'one.safetensors' };
const index = (weight_map: unknown, more = {}) =>
  new TextEncoder().encode(JSON.stringify({ ...more, weight_map }));
const files: Record<string, Uint8Array> = { 'one.safetensors': first, 'two.safetensors': second };
const shards = (name: string) => files[name] ?? new Uint8Array(0);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pullback-sharded-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A file that tells which of its bytes were read. */
function watched(bytes: Uint8Array) {
  const reads: (readonly [number, number])[] = [];
  const range = async (start: number, end: number) => {
    reads.push([start, end]);
    return bytes.slice(start, end);
  };
  return { reads, source: { size: bytes.length, range } };
}

describe('an index of shards', () => {
  test('is one file of the tensors that it names, with texts for metadata', async () => {
    const from = await openSafetensors(index(map, { metadata: { total_size: 12 } }), { shards });
    expect([...from.stored.keys()].sort()).toEqual(['a', 'b', 'c']);
    expect(from.metadata).toEqual({ total_size: '12' });
    expect((await from.read('c')).data).toEqual(Float32Array.of(3));
    const all: [string, number | undefined][] = [];
    for await (const [name, made] of from.tensors()) all.push([name, made().data[0]]);
    expect(all).toEqual([
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ]);
    await expect(from.read('spare')).rejects.toThrow(UnknownNameError);
    await from.close();
    await expect(from.read('a')).rejects.toThrow(DisposedError);
  });

  test('finds them in its folder, by a path or a URL, links followed as the cache of a hub makes them', async () => {
    const blobs = join(folder, 'blobs');
    await mkdir(blobs);
    await writeFile(join(blobs, 'one'), first);
    await symlink('blobs/one', join(folder, 'one.safetensors'));
    await writeFile(join(folder, 'two.safetensors'), second);
    const path = join(folder, 'model.safetensors.index.json');
    await writeFile(path, index(map));
    for (const source of [path, pathToFileURL(path)]) {
      const from = await openSafetensors(source);
      expect((await from.read('b')).data[0]).toBe(2);
      await from.close();
    }
    await expect(openSafetensors(index(map))).rejects.toThrow(OptionError);
  });

  const hostile: Record<string, unknown> = {
    'a way up': { a: '../one.safetensors' },
    'an absolute path': { a: '/etc/passwd' },
    'a folder': { a: 'deep/one.safetensors' },
    'a way up as Windows has it': { a: '..\\one.safetensors' },
    'a drive': { a: 'c:one.safetensors' },
    'the folder itself': { a: '..' },
    'no name': { a: '' },
    'more shards than any model has': Object.fromEntries(
      Array.from({ length: 5000 }, (_, i) => [`t${i}`, `shard${i}`]),
    ),
    'a shard that is not there': { a: 'three.safetensors' },
    'a tensor that its shard lacks': { a: 'one.safetensors', c: 'one.safetensors' },
    'a file for a number': { a: 3 },
    'a list of files': ['one.safetensors'],
  };
  for (const [name, weights] of Object.entries(hostile))
    test(`${name} is refused`, async () => {
      await expect(openSafetensors(index(weights), { shards })).rejects.toThrow(CheckpointError);
    });

  test('that names itself, and options of another name, are refused', async () => {
    const own = index({ a: 'index' });
    await expect(openSafetensors(own, { shards: () => own })).rejects.toThrow(CheckpointError);
    await expect(openSafetensors(first, { shard: shards } as object)).rejects.toThrow(/shards/);
  });
});

describe('only what is wanted is read', () => {
  test('the header at once, of the elements those of one tensor', async () => {
    const { reads, source } = watched(first);
    const from = await openSafetensors(source);
    const header = first.length - 8;
    expect(Math.max(...reads.map(([, end]) => end))).toBe(header);
    reads.length = 0;
    await from.read('b');
    expect(reads).toEqual([[header + 4, header + 8]]);
    reads.length = 0;
    for await (const [name] of from.tensors((each) => each === 'a')) expect(name).toBe('a');
    expect(reads).toEqual([[header, header + 4]]);
  });

  test('of a stream in its order; what was passed by cannot be had again', async () => {
    const from = await openSafetensors(inParts(first, 3));
    expect((await from.read('b')).data[0]).toBe(2);
    await expect(from.read('a')).rejects.toThrow(/goes forwards/);
    const both = await openSafetensors(inParts(first, 3));
    const read = await Promise.all([both.read('a'), both.read('b')]);
    expect(read.map(({ data }) => data[0])).toEqual([1, 2]);
    await both.close();
    await expect(both.read('b')).rejects.toThrow(CheckpointError);
  });
});

describe('ranges of the web', () => {
  /** A server as RFC 9110 says. */
  const server = (bytes: Uint8Array<ArrayBuffer>, asked: string[], tag = () => 'one') =>
    (async (_: unknown, { headers }: { headers: Record<string, string> }) => {
      const range = headers['range'] ?? '';
      asked.push(range);
      const [, start = 0, end = 0] = (/bytes=(\d+)-(\d+)/.exec(range) ?? []).map(Number);
      return new Response(bytes.slice(start, end + 1), {
        status: 206,
        headers: { 'content-range': `bytes ${start}-${end}/${bytes.length}`, etag: tag() },
      });
    }) as unknown as typeof fetch;
  const bytes = new Uint8Array(first);

  test('are asked for tensor by tensor', async () => {
    const asked: string[] = [];
    const from = await openSafetensors(
      await ranges('https://example.org/a', { fetch: server(bytes, asked) }),
    );
    asked.length = 0;
    expect((await from.read('b')).data[0]).toBe(2);
    expect(asked).toEqual([`bytes=${bytes.length - 4}-${bytes.length - 1}`]);
  });

  test('of a server that knows none, of no file, of a file that changed are refused', async () => {
    const answer = (status: number, headers = {}) =>
      (async () => new Response('x', { status, headers })) as unknown as typeof fetch;
    const url = 'https://example.org/a';
    await expect(ranges(url, { fetch: answer(200) })).rejects.toThrow(UnsupportedError);
    await expect(ranges(url, { fetch: answer(404) })).rejects.toThrow(CheckpointError);
    await expect(ranges(url, { fetch: answer(206) })).rejects.toThrow(/length/);
    let count = 0;
    const changing = await ranges(url, { fetch: server(bytes, [], () => String(count++)) });
    await expect(openSafetensors(changing)).rejects.toThrow(/another file/);
  });
});
