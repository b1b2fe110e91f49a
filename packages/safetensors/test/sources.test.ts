import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { CheckpointError, OptionError, UnsupportedError } from '@pullback/core';
import { type ByteSource, openSafetensors } from '@pullback/safetensors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { f32, file, inParts } from './safetensors-file.ts';

const a = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
const bytes = file({ a }, f32(1, -2));

/** Every tensor, as far as the file goes. */
async function opened(source: ByteSource) {
  const from = await openSafetensors(source);
  try {
    const all: Record<string, ArrayLike<number>> = {};
    for await (const [name, tensor] of from.tensors()) all[name] = tensor().data;
    return all;
  } finally {
    await from.close();
  }
}
const numbers = async (source: unknown) => Array.from((await opened(source as ByteSource))['a'] ?? []);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pullback-safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('headers', () => {
  test('of 20 MB, with little of it used', { timeout: 20_000 }, async () => {
    const big = file({ __metadata__: { note: 'x'.repeat(20 * 2 ** 20) }, a }, f32(1, -2));
    expect(await numbers(big)).toEqual([1, -2]);
  });

  test('longer than the 100 MB of the format are refused before they are read', async () => {
    const long = file('{}', new Uint8Array(0), 100_000_001n);
    await expect(opened(long)).rejects.toThrow(CheckpointError);
    await expect(opened(inParts(long, 4))).rejects.toThrow(/100000001 bytes/);
  });

  test('padded at the end, with null for metadata, are well-formed; with anything before the brace are not', async () => {
    expect(await numbers(file(`${JSON.stringify({ a, __metadata__: null })}   `, f32(1, -2)))).toEqual([
      1, -2,
    ]);
    await expect(numbers(file(` ${JSON.stringify({ a })}`, f32(1, -2)))).rejects.toThrow(CheckpointError);
    await expect(numbers(file(`\ufeff${JSON.stringify({ a })}`, f32(1, -2)))).rejects.toThrow(
      CheckpointError,
    );
  });
});

describe('sources', () => {
  const inFolder = async () => {
    const path = join(folder, 'a.safetensors');
    await writeFile(path, bytes);
    return path;
  };
  async function* generated() {
    const memory = new Uint8Array(3);
    for (let at = 0; at < bytes.length; at += 3) {
      const part = bytes.subarray(at, at + 3);
      memory.set(part);
      yield memory.subarray(0, part.length);
    }
  }
  const aligned = new Uint8Array(bytes);
  const sources: Readonly<Record<string, () => unknown>> = {
    'a path': inFolder,
    'a file: URL': async () => pathToFileURL(await inFolder()),
    'an ArrayBuffer': () => aligned.buffer,
    'a SharedArrayBuffer': () => {
      const shared = new SharedArrayBuffer(bytes.length);
      new Uint8Array(shared).set(bytes);
      return shared;
    },
    'a part of a larger buffer': () => new Uint8Array(Buffer.concat([Buffer.alloc(3), bytes])).subarray(3),
    'a DataView': () => new DataView(aligned.buffer),
    'a Blob': () => new Blob([aligned]),
    'a File': () => new File([aligned], 'a.safetensors'),
    'a Response': () => new Response(aligned),
    'a ReadableStream': () => inParts(bytes, 5),
    'a stream of Node': () => Readable.from([bytes.subarray(0, 9), bytes.subarray(9)]),
    'a generator whose parts use the same memory': () => generated(),
    'something that gives ranges': () => ({
      size: bytes.length,
      range: async (start: number, end: number) => bytes.slice(start, end),
    }),
    'an array of parts': () => [bytes.subarray(0, 1), bytes.subarray(1)],
  };
  for (const [name, source] of Object.entries(sources))
    test(name, async () => {
      expect(await numbers(await source())).toEqual([1, -2]);
    });

  const refused: readonly (readonly [string, unknown, new (...x: never[]) => Error, RegExp])[] = [
    ['a number', 3, OptionError, /a path.*got 3/],
    ['nothing', undefined, OptionError, /nothing/],
    ['an object', { size: 3 }, OptionError, /a path/],
    ['null', null, OptionError, /null/],
    ['a URL of the web', new URL('https://example.org/a'), UnsupportedError, /fetch/],
    ['a response that is no success', new Response('', { status: 404 }), CheckpointError, /404/],
    ['a response without a body', new Response(null), CheckpointError, /0 bytes|0 more/],
    ['a stream of text', Readable.from(['text']), OptionError, /'text' from a stream/],
  ];
  for (const [name, source, kind, message] of refused)
    test(`${name} is refused`, async () => {
      const failure = await opened(source as ByteSource).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(kind);
      expect(String(failure)).toMatch(message);
    });

  test('a response that was read before is refused', async () => {
    const read = new Response(aligned);
    await read.arrayBuffer();
    await expect(opened(read)).rejects.toThrow(/was read/);
  });
});

describe('the end is where the header says', () => {
  const shifted = Buffer.from(file(`${JSON.stringify({ a })} `, f32(1, -2)));
  shifted.writeBigUInt64LE(shifted.readBigUInt64LE() - 1n);
  const wrong = {
    'a byte more': Buffer.concat([bytes, Uint8Array.of(0)]),
    'a byte less': bytes.subarray(0, -1),
    'a header that says a byte less than it has': shifted,
  };
  for (const [name, given] of Object.entries(wrong))
    test(`${name}, from anywhere`, async () => {
      const path = join(folder, 'wrong.safetensors');
      await writeFile(path, given);
      for (const source of [
        given,
        new Blob([new Uint8Array(given)]),
        path,
        inParts(given, 1),
        inParts(given, 1e6),
      ])
        await expect(opened(source)).rejects.toThrow(CheckpointError);
    });

  test('a stream that goes on for ever is let go of', async () => {
    let ended = false;
    async function* endless() {
      try {
        yield bytes;
        for (;;) yield Uint8Array.of(0);
      } finally {
        ended = true;
      }
    }
    await expect(opened(endless())).rejects.toThrow(/after the last tensor/);
    expect(ended).toBe(true);
  });

  test('file handles are given back, also on a failure', async () => {
    const path = join(folder, 'handle.safetensors');
    await writeFile(path, wrong['a byte more']);
    for (let i = 0; i < 3; i++) await expect(opened(path)).rejects.toThrow(CheckpointError);
    const handle = await open(path);
    expect(handle.fd).toBeLessThan(100);
    await handle.close();
  });
});
