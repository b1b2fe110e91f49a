import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OptionError, tensor } from '@pullback/core';
import { openSafetensors, writeSafetensors } from '@pullback/safetensors';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Sha256 } from '../src/files/sha256.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pullback-write-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('what is written', () => {
  const tensors = {
    wide: tensor([[1, 2, 3]], { dtype: 'float64' }),
    'b/a': tensor([0.5, -2]),
    one: tensor(7, { dtype: 'int32' }),
    none: tensor({ shape: [0, 3], data: new Float32Array(0) }),
  };

  test('comes back, with the metadata, and by the published rules', async () => {
    const path = join(folder, 'a.safetensors');
    const { bytes } = await writeSafetensors(path, tensors, { metadata: { made: 'here' } });
    const raw = await readFile(path);
    expect(raw.length).toBe(bytes);
    const length = Number(raw.readBigUInt64LE());
    const header = JSON.parse(raw.subarray(8, 8 + length).toString());
    expect(header['b/a']).toEqual({ dtype: 'F32', shape: [2], data_offsets: [24, 32] });
    expect(raw.readFloatLE(8 + length + 28)).toBe(-2);
    const from = await openSafetensors(path);
    expect(from.metadata).toEqual({ made: 'here' });
    for (const [name, wanted] of Object.entries(tensors)) expect(await from.read(name)).toEqual(wanted);
    await from.close();
  });

  test('is read from tensors one at a time, when their turn comes', async () => {
    const turns: string[] = [];
    const one = (name: string) => ({
      shape: [1],
      dtype: 'float32' as const,
      data: async () => {
        turns.push(name);
        return Float32Array.of(1);
      },
    });
    const sink = new WritableStream<Uint8Array>({ write: () => void turns.push('written') });
    await writeSafetensors(sink, { a: one('a'), b: one('b') });
    expect(turns).toEqual(['written', 'a', 'written', 'b', 'written']);
  });

  test('is nothing where a tensor fails, has other data than its shape says, or the name of the metadata', async () => {
    const path = join(folder, 'old.safetensors');
    await writeFile(path, 'old');
    const short = { shape: [2], dtype: 'float32' as const, data: Float32Array.of(1) };
    await expect(writeSafetensors(path, { short })).rejects.toThrow(OptionError);
    await expect(writeSafetensors(path, { __metadata__: tensor(1) })).rejects.toThrow(OptionError);
    await expect(writeSafetensors(path, {}, { meta: {} } as object)).rejects.toThrow(/metadata/);
    const lost = { ...short, data: () => Promise.reject(new Error('lost')) };
    await expect(writeSafetensors(path, { lost })).rejects.toThrow('lost');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  test('SHA-256 of every length around its blocks, in parts of any size', async () => {
    const all = Uint8Array.from({ length: 1000 }, (_, i) => (i * i * 31) % 251);
    for (const length of [0, 1, 3, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 1000])
      for (const part of [1, 7, 64, 999]) {
        const digest = new Sha256();
        for (let at = 0; at < length; at += part)
          digest.update(all.subarray(at, Math.min(length, at + part)));
        expect(digest.hex()).toBe(createHash('sha256').update(all.subarray(0, length)).digest('hex'));
      }
  });
});
