import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CheckpointError } from '@pullback/core';
import { type ByteSource, openSafetensors } from '@pullback/safetensors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { f32, file, inParts } from './safetensors-file.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pullback-hostile-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function allOf(source: ByteSource): Promise<void> {
  const from = await openSafetensors(source);
  try {
    for await (const [, tensor] of from.tensors()) tensor();
  } finally {
    await from.close();
  }
}

describe('hostile and damaged files are refused, with little memory, and change nothing', () => {
  const a = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
  const cases: Record<string, Uint8Array> = {
    nothing: new Uint8Array(0),
    'five bytes': new Uint8Array(5),
    'a header longer than the file': file({ a }, f32(1), 2n ** 63n),
    'a header of no length': file('', new Uint8Array(0)),
    'no JSON': file('{{{{', new Uint8Array(0)),
    'no UTF-8': file('', Uint8Array.of(0xff, 0xfe, 0xff), 3n),
    'an array': file([a]),
    'deeply nested': file('['.repeat(100_000)),
    'a tensor that is a number': file({ a: 4 }),
    'an unknown dtype': file({ a: { ...a, dtype: 'Q8_0' } }, f32(1)),
    'a dtype whose size is another': file({ a: { ...a, dtype: 'F8_E4M3' } }, f32(1)),
    'a dtype that is no text': file({ a: { ...a, dtype: 8 } }, f32(1)),
    'a dtype from the prototype': file({ a: { ...a, dtype: 'constructor' } }, f32(1)),
    'a negative extent': file({ a: { ...a, shape: [-1] } }, f32(1)),
    'a shape past all numbers': file({ a: { ...a, shape: [2 ** 40, 2 ** 40] } }, f32(1)),
    'a shape of half': file({ a: { ...a, shape: [0.5] } }, f32(1)),
    'four terabytes': file({ a: { dtype: 'F32', shape: [2 ** 40], data_offsets: [0, 2 ** 42] } }, f32(1)),
    'offsets backwards': file({ a: { ...a, data_offsets: [4, 0] } }, f32(1)),
    'overlapping tensors': file({ a, b: a }, f32(1)),
    'a gap': file({ a, b: { ...a, data_offsets: [8, 12] } }, f32(1, 2, 3)),
    'bytes that no tensor has': file({ a }, f32(1, 2)),
    'fewer bytes than the tensors': file({ a, b: { ...a, data_offsets: [4, 8] } }, f32(1)),
    'the same name twice': file(
      '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}',
      f32(1, 2),
    ),
    'metadata of numbers': file({ __metadata__: { step: 3 }, a }, f32(1)),
  };
  for (const [name, bytes] of Object.entries(cases))
    test(name, async () => {
      const path = join(folder, 'hostile.safetensors');
      await writeFile(path, bytes);
      const before = process.memoryUsage().rss;
      for (const source of [bytes, path, inParts(bytes, 7)])
        await expect(allOf(source)).rejects.toThrow(CheckpointError);
      expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
    });

  test('whatever stands in a header, a file opens or is refused with a CheckpointError', async () => {
    const header = JSON.stringify({
      a,
      b: { ...a, data_offsets: [4, 8] },
      __metadata__: { made: 'by hand' },
    });
    const pieces = [
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"',
      '-1',
      '1e400',
      'null',
      '"F32"',
      '9'.repeat(30),
      '\\u0000',
      '__proto__',
    ];
    let state = 1;
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0; // Numerical Recipes, 7.1
      return Math.floor((state / 2 ** 32) * below);
    };
    let opened = 0;
    for (let i = 0; i < 2000; i++) {
      const [from, piece] = [random(header.length), pieces[random(pieces.length)]];
      const text = header.slice(0, from) + piece + header.slice(from + random(6));
      await allOf(file(text, f32(1, 2))).then(
        () => opened++,
        (failure) => expect(failure, text).toBeInstanceOf(CheckpointError),
      );
    }
    expect(opened).toBeGreaterThan(0);
    expect(opened).toBeLessThan(1000);
  });
});
