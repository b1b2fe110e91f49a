import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { cpu } from '@pullback/backend-cpu';
import {
  CheckpointError,
  DataError,
  OptionError,
  ShapeError,
  UnknownNameError,
  UnsupportedError,
} from '@pullback/core';
import { dense, filled, sequential } from '@pullback/layers';
import { halfSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { type GivenWeights, loadWeights, Model } from '@pullback/train';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { f32, file, inParts } from './safetensors-file.ts';

const fixture = (name: string) => readFile(new URL(`fixtures/${name}`, import.meta.url));
const a = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
const bytes = file({ a }, f32(1, -2));
const numbers = async (source: unknown) =>
  Array.from((await loadWeights(source as Uint8Array))['a']?.data ?? []);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pullback-weights-'));
});
afterAll(() => rm(folder, { recursive: true }));

const model = () =>
  Model.create({
    network: sequential(dense(2, { kernelInitializer: filled(0.5) })),
    input: [1],
    loss: halfSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: cpu(),
  });

describe('a file that the reference implementation wrote', () => {
  test('every dtype has the numbers that numpy and ml_dtypes find in it', async () => {
    const expected: Record<string, { shape: number[]; data: (number | string)[] }> = JSON.parse(
      (await fixture('dtypes.json')).toString(),
    );
    const weights = await loadWeights(await fixture('dtypes.safetensors'));
    expect(Object.keys(weights).sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { shape, data }] of Object.entries(expected)) {
      expect(weights[name]?.shape, name).toEqual(shape);
      expect(Array.from(weights[name]?.data ?? []), name).toEqual(
        data.map((x) => (x === 'inf' ? Infinity : x === '-inf' ? -Infinity : Number(x))),
      );
    }
  });

  test('what cannot be read is not listed, and its dtype is named when it is wanted', async () => {
    const weights = await loadWeights(await fixture('dtypes.safetensors'));
    expect(Object.hasOwn(weights, 'packed')).toBe(true);
    expect(() => weights['packed']).toThrow(CheckpointError);
    expect(() => weights['packed']).toThrow(/'F4'.*\n.*'packed'/);
    expect(() => weights['complex']).toThrow(/'C64'/);
    const parts = await loadWeights(await fixture('dtypes.safetensors'), { prefix: 'int' });
    expect(Object.keys(parts).sort()).toEqual(['int16', 'int32', 'int64', 'int8']);
  });
});

describe('a tensor that is not wanted never forbids the rest', () => {
  const odd = { dtype: 'Q3_K', shape: [7], data_offsets: [8, 11] };
  const long = { dtype: 'I64', shape: [1], data_offsets: [11, 19] };
  const past = new Uint8Array(BigInt64Array.of(2n ** 40n).buffer);
  const mixed = file({ 'w/kernel': a, odd, long }, Buffer.concat([f32(1, -2), new Uint8Array(3), past]));

  test('an unknown dtype and an integer out of range beside a weight', async () => {
    const weights = await loadWeights(mixed);
    expect(Object.keys(weights)).toEqual(['w/kernel']);
    expect(() => weights['odd']).toThrow(/expected .*F16.*'Q3_K'/);
    expect(() => weights['long']).toThrow(/1099511627776 at \[0\]\n.*'long'/);
    expect(() => weights['long']).toThrow(CheckpointError);
  });

  test('the model that wants one says which dtype it has', async () => {
    const path = 'network/0/kernel';
    const weights = await loadWeights(
      file(
        {
          [path]: { dtype: 'F4', shape: [1, 2], data_offsets: [0, 1] },
          'network/0/bias': { ...a, data_offsets: [1, 9] },
        },
        Buffer.concat([Uint8Array.of(0x21), f32(1, 2)]),
      ),
    );
    const one = await model();
    const before = await one.weights();
    await expect(one.load(weights)).rejects.toThrow(/'F4'/);
    expect(await one.weights()).toEqual(before);
  });

  test('a file with nothing else is refused', async () => {
    await expect(
      loadWeights(file({ odd: { ...odd, data_offsets: [0, 3] } }, new Uint8Array(3))),
    ).rejects.toThrow(/'Q3_K'/);
  });
});

describe('names', () => {
  test('of another program’s file are all its own: key, step, slot:..., __proto__, constructor', async () => {
    const names = ['key', 'step', 'learningRate', 'slot:x/first', 'state:y', '__proto__', 'constructor', ''];
    const header = Object.fromEntries(
      names.map((name, i) => [name, { dtype: 'F32', shape: [], data_offsets: [4 * i, 4 * i + 4] }]),
    );
    const weights = await loadWeights(file(header, f32(...names.keys())));
    expect(Object.keys(weights)).toEqual(names);
    names.forEach((name, i) => {
      expect(Object.getOwnPropertyDescriptor(weights, name)?.value.data[0]).toBe(i);
    });
    expect(Object.getPrototypeOf(weights)).toBe(Object.prototype);
  });

  test('of our own file are those of the weights alone', async () => {
    const path = join(folder, 'own.safetensors');
    await (await model()).save(path);
    expect(Object.keys(await loadWeights(path)).sort()).toEqual(['network/0/bias', 'network/0/kernel']);
  });
});

describe('headers', () => {
  test('of 20 MB, with little of it used', { timeout: 20_000 }, async () => {
    const big = file({ __metadata__: { note: 'x'.repeat(20 * 2 ** 20) }, a }, f32(1, -2));
    expect(await numbers(big)).toEqual([1, -2]);
  });

  test('longer than the 100 MB of the format are refused before they are read', async () => {
    const long = file('{}', new Uint8Array(0), 100_000_001n);
    await expect(loadWeights(long)).rejects.toThrow(CheckpointError);
    await expect(loadWeights(inParts(long, 4))).rejects.toThrow(/100000001 bytes/);
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
    'an array of parts': () => [bytes.subarray(0, 1), bytes.subarray(1)],
  };
  for (const [name, source] of Object.entries(sources))
    test(name, async () => {
      expect(await numbers(await source())).toEqual([1, -2]);
    });

  const refused: readonly (readonly [string, unknown, new (...x: never[]) => Error, RegExp])[] = [
    ['a number', 3, OptionError, /a path.*got 3/],
    ['nothing', undefined, OptionError, /nothing/],
    ['null', null, OptionError, /null/],
    ['a URL of the web', new URL('https://example.org/a'), UnsupportedError, /fetch/],
    ['a response that is no success', new Response('', { status: 404 }), CheckpointError, /404/],
    ['a response without a body', new Response(null), CheckpointError, /0 bytes|0 more/],
    ['a stream of text', Readable.from(['text']), OptionError, /'text' from a stream/],
  ];
  for (const [name, source, kind, message] of refused)
    test(`${name} is refused`, async () => {
      const failure = await loadWeights(source as Uint8Array).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(kind);
      expect(String(failure)).toMatch(message);
    });

  test('a response that was read before is refused', async () => {
    const read = new Response(aligned);
    await read.arrayBuffer();
    await expect(loadWeights(read)).rejects.toThrow(/was read/);
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
        await expect(loadWeights(source)).rejects.toThrow(CheckpointError);
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
    await expect(loadWeights(endless())).rejects.toThrow(/after the last tensor/);
    expect(ended).toBe(true);
  });

  test('file handles are given back, also on a failure', async () => {
    const path = join(folder, 'handle.safetensors');
    await writeFile(path, wrong['a byte more']);
    for (let i = 0; i < 3; i++) await expect(loadWeights(path)).rejects.toThrow(CheckpointError);
    const handle = await open(path);
    expect(handle.fd).toBeLessThan(100);
    await handle.close();
  });
});

describe('weights that were JSON', () => {
  test('come back, numbers in an array or in the object that JSON makes of a typed array', async () => {
    const one = await model();
    const weights = await one.weights();
    const text = JSON.parse(JSON.stringify(weights));
    const arrays = Object.fromEntries(
      Object.entries(weights).map(([name, { shape, data }]) => [name, { shape, data: Array.from(data) }]),
    );
    for (const given of [text, arrays, await loadWeights(text), await loadWeights(arrays)]) {
      await one.load(
        Object.fromEntries(Object.entries(weights).map(([n, w]) => [n, { ...w, data: w.data.map(() => 9) }])),
      );
      await one.load(given);
      expect(await one.weights()).toEqual(weights);
    }
    expect(Object.keys(await loadWeights(text, { prefix: 'network/0/b' }))).toEqual(['network/0/bias']);
  });

  test('come back from a file of JSON, wherever it is', async () => {
    const one = await model();
    const weights = await one.weights();
    const text = new TextEncoder().encode(JSON.stringify(weights));
    const path = join(folder, 'weights.json');
    await writeFile(path, text);
    for (const source of [path, text, new Blob([text]), new Response(text), inParts(text, 3)]) {
      const found = await loadWeights(source);
      expect(Object.keys(found)).toEqual(Object.keys(weights));
      await one.load(found);
      expect(await one.weights()).toEqual(weights);
    }
    for (const wrong of ['{"network": ', '{{{{{{{{{{', '{"a": 1234567}'])
      await expect(loadWeights(new Response(wrong))).rejects.toThrow(/JSON|shape, data/);
  });

  test('what is wrong in them is named by path, and nothing is changed', async () => {
    const one = await model();
    const weights = await one.weights();
    const bias = { shape: [2], data: [1, 2] };
    const kernel = { shape: [1, 2], data: [1, 2] };
    const cases: readonly (readonly [unknown, new (...x: never[]) => Error, RegExp])[] = [
      [
        { 'network/0/bias': bias, 'network/0/kernel': { shape: [1, 2], data: [1, null] } },
        DataError,
        /null at \[1\]\n.*network\/0\/kernel/,
      ],
      [
        { 'network/0/bias': bias, 'network/0/kernel': { shape: [1, 2], data: { 0: 1 } } },
        DataError,
        /1 numbers/,
      ],
      [
        { 'network/0/bias': bias, 'network/0/kernel': { shape: [1, 2], data: { 0: 1, 7: 2 } } },
        DataError,
        /nothing at \[1\]/,
      ],
      [{ 'network/0/bias': bias, 'network/0/kernel': null }, DataError, /\{ shape, data \}/],
      [
        { 'network/0/bias': bias, 'network/0/kernel': { shape: [2, 1], data: [1, 2] } },
        ShapeError,
        /\[1, 2\]/,
      ],
      [{ 'network/0/bias': bias, 'network/0/kernel': kernel, more: kernel }, UnknownNameError, /'more'/],
      [{ 'network/0/bias': bias }, DataError, /network\/0\/kernel/],
    ];
    for (const [given, kind, message] of cases) {
      await expect(one.load(given as GivenWeights)).rejects.toThrow(kind);
      await expect(one.load(given as GivenWeights)).rejects.toThrow(message);
      expect(await one.weights()).toEqual(weights);
    }
  });
});
