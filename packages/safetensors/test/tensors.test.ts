import { readFile } from 'node:fs/promises';
import { CheckpointError, UnknownNameError } from '@pullback/core';
import { openSafetensors } from '@pullback/safetensors';
import { describe, expect, test } from 'vitest';
import { f32, file } from './safetensors-file.ts';

const fixture = (name: string) => readFile(new URL(`fixtures/${name}`, import.meta.url));

describe('a file that the reference implementation wrote', () => {
  test('every dtype has the numbers that numpy and ml_dtypes find in it', async () => {
    const expected: Record<string, { shape: number[]; data: (number | string)[] }> = JSON.parse(
      (await fixture('dtypes.json')).toString(),
    );
    const from = await openSafetensors(await fixture('dtypes.safetensors'));
    const readable = [...from.stored].filter(([, { dtype }]) => dtype !== undefined).map(([name]) => name);
    expect(readable.sort()).toEqual(Object.keys(expected).sort());
    for (const [name, { shape, data }] of Object.entries(expected)) {
      const found = await from.read(name);
      expect(found.shape, name).toEqual(shape);
      expect(Array.from(found.data), name).toEqual(
        data.map((x) => (x === 'inf' ? Infinity : x === '-inf' ? -Infinity : Number(x))),
      );
    }
  });

  test('of a dtype that cannot be read the dtype is named when it is wanted', async () => {
    const from = await openSafetensors(await fixture('dtypes.safetensors'));
    await expect(from.read('packed')).rejects.toThrow(CheckpointError);
    await expect(from.read('packed')).rejects.toThrow(/'F4'.*\n.*'packed'/);
    await expect(from.read('complex')).rejects.toThrow(/'C64'/);
    await expect(from.read('pakced')).rejects.toThrow(UnknownNameError);
  });
});

describe('names', () => {
  test('of another program’s file are all its own: key, step, slot:..., __proto__, constructor', async () => {
    const names = ['key', 'step', 'learningRate', 'slot:x/first', 'state:y', '__proto__', 'constructor', ''];
    const header = Object.fromEntries(
      names.map((name, i) => [name, { dtype: 'F32', shape: [], data_offsets: [4 * i, 4 * i + 4] }]),
    );
    const from = await openSafetensors(file(header, f32(...names.keys())));
    expect([...from.stored.keys()]).toEqual(names);
    for (const [i, name] of names.entries()) expect((await from.read(name)).data[0]).toBe(i);
  });
});
