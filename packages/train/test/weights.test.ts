import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@pullback/backend-cpu';
import { CheckpointError, DataError, ShapeError, UnknownNameError } from '@pullback/core';
import { dense, filled, sequential } from '@pullback/layers';
import { halfSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { type GivenWeights, loadWeights, Model } from '@pullback/train';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { f32, file, inParts } from '../../safetensors/test/safetensors-file.ts';

const a = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };

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
    const names = ['key', 'slot:x/first', 'state:y', '__proto__', 'constructor', ''];
    const header = Object.fromEntries(
      names.map((name, i) => [name, { ...a, shape: [], data_offsets: [4 * i, 4 * i + 4] }]),
    );
    const bytes = file(header, f32(...names.keys()));
    const weights = await loadWeights(bytes);
    expect(Object.keys(weights)).toEqual(names);
    names.forEach((name, i) => {
      expect(Object.getOwnPropertyDescriptor(weights, name)?.value.data[0]).toBe(i);
    });
    expect(Object.getPrototypeOf(weights)).toBe(Object.prototype);
    expect(Object.keys(await loadWeights(bytes, { prefix: 's' }))).toEqual(['slot:x/first', 'state:y']);
  });

  test('of shards are those of one file', async () => {
    const index = new TextEncoder().encode(JSON.stringify({ weight_map: { a: 'one', b: 'two' } }));
    const shards = (name: string) => file({ [name === 'one' ? 'a' : 'b']: a }, f32(1, 2));
    expect(Object.keys(await loadWeights(index, { shards }))).toEqual(['a', 'b']);
  });

  test('of our own file are those of the weights alone', async () => {
    const path = join(folder, 'own.safetensors');
    await (await model()).save(path);
    expect(Object.keys(await loadWeights(path)).sort()).toEqual(['network/0/bias', 'network/0/kernel']);
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
