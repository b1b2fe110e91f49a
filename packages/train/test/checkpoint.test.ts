import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cpu } from '@pullback/backend-cpu';
import { CheckpointError, defineLayer, type FloatDType, mul, type Value } from '@pullback/core';
import { dense, dropout, filled, sequential, tanh } from '@pullback/layers';
import { halfSquaredError } from '@pullback/losses';
import { adam, sgd } from '@pullback/optimizers';
import { loadWeights, Model, type ModelOptions } from '@pullback/train';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { f32, file } from '../../safetensors/test/safetensors-file.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pullback-'));
});
afterAll(() => rm(folder, { recursive: true }));

const X = Array.from({ length: 11 }, (_, i) => [Math.sin(i), Math.cos(3 * i), i / 11]);
const Y = X.map(([a = 0, b = 0]) => [a * b]);

/** Counts the steps in a state, so that states are saved too. */
const counting = defineLayer('counting', (scope, x: Value) => {
  const { value, set } = scope.state('count', [], filled(1));
  set(mul(value, 1.5));
  return x;
});
const options = (more: Partial<ModelOptions> = {}): ModelOptions => ({
  network: sequential(dense(5), tanh(), dropout(0.3), counting, dense(1)),
  input: [3],
  loss: halfSquaredError(),
  optimizer: adam({ learningRate: 0.02 }),
  backend: cpu(),
  ...more,
});
const bytesOf = async (model: Model): Promise<Uint8Array> => {
  const parts: Uint8Array[] = [];
  const sink = new WritableStream<Uint8Array>({ write: (part) => void parts.push(part.slice()) });
  await model.save(sink);
  return Buffer.concat(parts);
};
const quiet = { progress: false, batchSize: 2 } as const;

describe('stop and resume equals no stop, bit for bit', () => {
  for (const dtype of ['float32', 'float64'] as const satisfies readonly FloatDType[])
    test(`between epochs, ${dtype}, through a file`, async () => {
      const whole = await Model.create(options({ seed: 7, dtype }));
      await whole.fit(X, Y, { ...quiet, epochs: 5 });
      const first = await Model.create(options({ seed: 7, dtype }));
      await first.fit(X, Y, { ...quiet, epochs: 2 });
      const path = join(folder, `between-${dtype}.safetensors`);
      await first.save(path);
      const second = await Model.load(pathToFileURL(path), options());
      expect(second.stepCount).toBe(12);
      await second.fit(X, Y, { ...quiet, epochs: 3 });
      expect(Buffer.compare(await bytesOf(second), await bytesOf(whole))).toBe(0);
    });

  for (const stop of [1, 6, 7, 16])
    test(`after step ${stop}, in the middle of an epoch`, async () => {
      const whole = await Model.create(options({ seed: 1 }));
      await whole.fit(X, Y, { ...quiet, epochs: 4 });
      const first = await Model.create(options({ seed: 1 }));
      const ending = new AbortController();
      const step = ({ stepCount }: { stepCount: number }) => {
        if (stepCount === stop) ending.abort();
      };
      await first
        .fit(X, Y, { ...quiet, epochs: 4, callbacks: [{ step }], signal: ending.signal })
        .catch(() => {});
      expect(first.stepCount).toBe(stop);
      const second = await Model.load(await bytesOf(first), options());
      await second.fit(X, Y, { ...quiet, epochs: 4 - Math.floor(stop / 6), resume: true });
      expect(second.stepCount).toBe(24);
      expect(Buffer.compare(await bytesOf(second), await bytesOf(whole))).toBe(0);
    });

  test('the learning rate that a callback set goes along', async () => {
    const model = await Model.create(options());
    model.learningRate = 0.123;
    const loaded = await Model.load(await bytesOf(model), options());
    expect(loaded.learningRate).toBe(0.123);
    await model.fit(X, Y, quiet);
    await loaded.fit(X, Y, quiet);
    expect(await bytesOf(loaded)).toEqual(await bytesOf(model));
  });
});

describe('the format', () => {
  test('a file of another program, tensors in any order in the header', async () => {
    const bytes = file(
      {
        b: { dtype: 'I32', shape: [2], data_offsets: [4, 12] },
        __metadata__: { made: 'by hand' },
        a: { dtype: 'F32', shape: [], data_offsets: [0, 4] },
        none: { dtype: 'F64', shape: [0, 3], data_offsets: [12, 12] },
      },
      Buffer.concat([f32(1.5), new Uint8Array(Int32Array.of(-7, 9).buffer)]),
    );
    expect(await loadWeights(bytes)).toEqual({
      a: { shape: [], dtype: 'float32', data: Float32Array.of(1.5) },
      b: { shape: [2], dtype: 'int32', data: Int32Array.of(-7, 9) },
      none: { shape: [0, 3], dtype: 'float64', data: new Float64Array(0) },
    });
  });

  test('ours read by the published rules: length, JSON, offsets without a gap, aligned', async () => {
    const bytes = Buffer.from(await bytesOf(await Model.create(options())));
    const length = Number(bytes.readBigUInt64LE());
    const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
    expect(length % 8).toBe(0);
    expect(header.__metadata__).toMatchObject({ format: 'pullback', steps: '0', dtype: 'float32' });
    expect(header['network/0/kernel']).toMatchObject({ dtype: 'F32', shape: [3, 5] });
    expect(header['slot:network/0/kernel/first'].shape).toEqual([3, 5]);
    expect(header['state:network/3/count'].shape).toEqual([]);
    const ends = Object.values<{ data_offsets?: number[] }>(header).flatMap(
      ({ data_offsets }) => data_offsets?.[1] ?? [],
    );
    expect(Math.max(...ends)).toBe(bytes.length - 8 - length);
  });

  test('a stream in pieces of one byte', async () => {
    const model = await Model.create(options({ seed: 4 }));
    const bytes = await bytesOf(model);
    const stream = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    expect(await bytesOf(await Model.load(stream, options()))).toEqual(bytes);
  });
});

describe('damaged files are refused and change nothing', () => {
  const a = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };

  test('a file cut off at every 64th byte, and any bit of its header turned', async () => {
    const bytes = await bytesOf(await Model.create(options()));
    for (let length = 0; length < bytes.length; length += 64)
      await expect(Model.load(bytes.slice(0, length), options())).rejects.toThrow(CheckpointError);
    const model = await Model.create(options({ seed: 2 }));
    const before = await bytesOf(model);
    let refused = 0;
    for (let at = 0; at < 400; at += 3) {
      const turned = bytes.slice();
      turned[at] = (turned[at] ?? 0) ^ 1;
      await Model.load(turned, options()).catch((failure) => {
        expect(failure).toBeInstanceOf(CheckpointError);
        refused++;
      });
    }
    expect(refused).toBeGreaterThan(100);
    expect(await bytesOf(model)).toEqual(before);
  });

  test('another network, another optimizer and another layout are refused by name', async () => {
    const bytes = await bytesOf(await Model.create(options()));
    const load = (more: Partial<ModelOptions>) => Model.load(bytes, options(more));
    await expect(load({ network: dense(1) })).rejects.toThrow(/'network\/0\/kernel'.*the model has not/);
    await expect(load({ optimizer: sgd({ learningRate: 1 }) })).rejects.toThrow(/slot:network/);
    await expect(
      load({ network: sequential(dense(6), tanh(), dropout(0.3), counting, dense(1)) }),
    ).rejects.toThrow(/expected float32\[3, 6\], got float32\[3, 5\]/);
    await expect(load({ layout: 'column' })).rejects.toThrow(CheckpointError);
    await expect(Model.load(file({ a }, f32(1)), options())).rejects.toThrow(/'pullback'/);
  });
});

describe('a file is written whole or not at all', () => {
  test('a failure while saving leaves the old file and nothing else', async () => {
    const place = await mkdtemp(join(folder, 'failing-'));
    const path = join(place, 'model.safetensors');
    const backend = cpu();
    const model = await Model.create(options({ backend }));
    await model.save(path);
    const old = await readFile(path);
    await model.fit(X, Y, quiet);
    const read = backend.read.bind(backend);
    let reads = 0;
    backend.read = (buffer) => (++reads > 3 ? Promise.reject(new Error('lost')) : read(buffer));
    await expect(model.save(path)).rejects.toThrow('lost');
    expect(await readFile(path)).toEqual(old);
    expect(await readdir(place)).toEqual(['model.safetensors']);
  });

  test('a path that cannot be written to is an error that names it', async () => {
    const model = await Model.create(options());
    await expect(model.save(join(folder, 'nowhere', 'model'))).rejects.toThrow(/nowhere/);
    await expect(Model.load(join(folder, 'not there'), options())).rejects.toThrow(/not there/);
  });

  test('kill -9 in the middle of saving leaves a whole file', { timeout: 60_000 }, async () => {
    const path = join(await mkdtemp(join(folder, 'killed-')), 'model.safetensors');
    const script = new URL('save-forever.ts', import.meta.url).pathname;
    const conditions = ['--conditions', '@pullback/source', '--import', 'tsx'];
    for (const wait of [0, 3, 8, 17]) {
      const child = spawn(process.execPath, [...conditions, script, path], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(child.stdout, 'data');
      await new Promise((resolve) => setTimeout(resolve, wait));
      child.kill('SIGKILL');
      await once(child, 'exit');
      const weights = await loadWeights(path);
      const all = [...(weights['network/kernel']?.data ?? []), ...(weights['network/bias']?.data ?? [])];
      expect([all.length, new Set(all).size]).toEqual([300_300, 1]);
    }
  });

  test('a file that was cut off on the disk is refused', async () => {
    const path = join(folder, 'cut.safetensors');
    await (await Model.create(options())).save(path);
    await truncate(path, (await stat(path)).size - 1);
    await expect(Model.load(path, options())).rejects.toThrow(CheckpointError);
  });
});
