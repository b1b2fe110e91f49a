import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { cpu } from '@pullback/backend-cpu';
import { OptionError, UnsupportedError } from '@pullback/core';
import { dense } from '@pullback/layers';
import { halfSquaredError } from '@pullback/losses';
import { sgd } from '@pullback/optimizers';
import { type ByteTarget, loadWeights, Model } from '@pullback/train';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

let root = '';
let folder = '';
let model: Model;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pullback-save-'));
  model = await Model.create({
    network: dense(2),
    input: [1],
    loss: halfSquaredError(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: cpu(),
  });
});
afterAll(() => rm(root, { recursive: true }));
const fresh = async () => {
  folder = await mkdtemp(join(root, 'one-'));
  return join(folder, 'model.safetensors');
};

describe('a file that is there', () => {
  for (const mode of [0o600, 0o640, 0o444, 0o666])
    test(`keeps its mode ${mode.toString(8)}`, async () => {
      const path = await fresh();
      await writeFile(path, 'old');
      await chmod(path, mode);
      await model.save(path);
      expect((await stat(path)).mode & 0o7777).toBe(mode);
      expect(Object.keys(await loadWeights(path))).toHaveLength(2);
    });

  test('a new one has the mode of any new file', async () => {
    const path = await fresh();
    await model.save(path);
    await writeFile(`${path}.other`, '');
    expect((await stat(path)).mode).toBe((await stat(`${path}.other`)).mode);
  });

  for (const there of [true, false])
    test(`a symbolic link stays one, and the file ${there ? 'that it leads to' : 'that is not there yet'} is written`, async () => {
      const path = await fresh();
      await mkdir(join(folder, 'deep/er'), { recursive: true });
      await symlink('deep/er', join(folder, 'short'));
      const real = join(folder, 'deep/real.safetensors');
      if (there) {
        await writeFile(real, 'old');
        await chmod(real, 0o600);
      }
      // Its way leads up from where the folder really is.
      await symlink('../real.safetensors', join(folder, 'short/latest'));
      await symlink('short/latest', path);
      await model.save(path);
      expect(await readlink(path)).toBe('short/latest');
      expect((await lstat(real)).isFile()).toBe(true);
      if (there) expect((await stat(real)).mode & 0o7777).toBe(0o600);
      expect(Object.keys(await loadWeights(path))).toHaveLength(2);
      expect(await readdir(join(folder, 'deep'))).toEqual(['er', 'real.safetensors']);
    });

  test('links in a circle and a folder are refused, and nothing is left', async () => {
    const path = await fresh();
    await symlink('model.safetensors', path);
    await expect(model.save(path)).rejects.toThrow(OptionError);
    const inner = join(folder, 'inner');
    await mkdir(inner);
    await expect(model.save(inner)).rejects.toThrow();
    expect((await readdir(folder)).sort()).toEqual(['inner', 'model.safetensors']);
  });

  test('a device is written to and stays one', async () => {
    await model.save('/dev/null');
    expect((await lstat('/dev/null')).isCharacterDevice()).toBe(true);
  });
});

describe('temporary files of killed saves', () => {
  const script = new URL('save-forever.ts', import.meta.url).pathname;
  const temporaries = async () => (await readdir(folder)).filter((name) => name.endsWith('.tmp'));

  test('are removed by the next save to the same path, and nothing else is', {
    timeout: 60_000,
  }, async () => {
    const path = await fresh();
    const child = spawn(
      process.execPath,
      ['--conditions', '@pullback/source', '--import', 'tsx', script, path],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(child.stdout, 'data');
    // It saves again and again: at some moment there is a temporary file.
    while ((await temporaries()).length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    child.kill('SIGKILL');
    await once(child, 'exit');
    const left = await temporaries();
    const [one = ''] = left;
    const random = /-[0-9a-f]{16}\.tmp$/;
    const others = [
      'model.safetensors.tmp',
      'model.safetensors.1-2.tmp',
      'other.safetensors.pullback-00000000-1-0000000000000000.tmp',
      // Of a process that is there, and of another machine, not long ago.
      `model.safetensors.pullback-${digestOf(hostname())}-${process.ppid}-0000000000000000.tmp`,
      'model.safetensors.pullback-00000000-1-0000000000000000.tmp',
    ];
    for (const name of others) await writeFile(join(folder, name), '');
    const killed = `model.safetensors.pullback-${digestOf(hostname())}-${child.pid}-0123456789abcdef.tmp`;
    await writeFile(join(folder, killed), '');
    if (one !== '') expect(one.replace(random, '')).toBe(killed.replace(random, ''));
    await model.save(path);
    expect(await temporaries()).toEqual([...others].sort());
    for (const name of others.slice(2)) await utimes(join(folder, name), 1, 1);
    await model.save(path);
    expect(await temporaries()).toEqual(others.slice(0, 3).sort());
  });

  test('saves at once to one path do not disturb each other', async () => {
    const path = await fresh();
    await Promise.all([model.save(path), model.save(path), model.save(path)]);
    expect(await readdir(folder)).toEqual(['model.safetensors']);
  });
});

/** FNV-1a of 32 bits. Source: RFC 9923. */
function digestOf(text: string): string {
  let hash = 2166136261n;
  for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * 16777619n) % 2n ** 32n;
  return hash.toString(16).padStart(8, '0');
}

describe('what was written', () => {
  test('its length and, on demand, its SHA-256, as Node computes them', async () => {
    const path = await fresh();
    const plain = await model.save(path);
    expect(plain).toEqual({ bytes: (await stat(path)).size });
    const { bytes, sha256 } = await model.save(path, { sha256: true });
    const written = await readFile(path);
    expect([bytes, sha256]).toEqual([written.length, createHash('sha256').update(written).digest('hex')]);
    const parts: Uint8Array[] = [];
    const sink = new WritableStream<Uint8Array>({ write: (part) => void parts.push(part.slice()) });
    expect(await model.save(sink, { sha256: true })).toEqual({ bytes, sha256 });
    expect(Buffer.concat(parts)).toEqual(written);
  });

  test('targets of another kind and options of another name are refused', async () => {
    for (const target of [3, null, new Uint8Array(8), {}])
      await expect(model.save(target as unknown as ByteTarget)).rejects.toThrow(OptionError);
    await expect(model.save(new URL('https://example.org/a'))).rejects.toThrow(UnsupportedError);
    await expect(model.save('/dev/null', { sha: true } as object)).rejects.toThrow(/sha256/);
  });
});
