// Checkpoints of commit 0f49df9, with their specs: fixtures/save-0f49df9.mjs made them in a worktree of that commit.
import { readFile } from 'node:fs/promises';
import { builtins, createContainer, loadModel, type Model } from 'pullback';
import { describe, expect, test } from 'vitest';
import saved from './fixtures/saved-by-0f49df9.json' with { type: 'json' };

const x = Array.from({ length: 12 }, (_, i) => [Math.sin(i), Math.cos(3 * i), i / 12]);
const y = x.map(([a = 0, b = 0]) => [a * b]);
const container = createContainer(builtins);
const fileOf = (name: string) => readFile(new URL(`fixtures/${name}-0f49df9.safetensors`, import.meta.url));

async function bytesOf(model: Model): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  await model.save(new WritableStream<Uint8Array>({ write: (part) => void parts.push(part.slice()) }));
  return Buffer.concat(parts);
}

/** The bytes of every tensor of a safetensors file, by name. */
function tensorsOf(file: Buffer): Map<string, string> {
  const start = 8 + Number(file.readBigUInt64LE(0));
  const header: Record<string, { data_offsets?: [number, number] }> = JSON.parse(
    file.toString('utf8', 8, start),
  );
  return new Map(
    Object.entries(header).flatMap(([name, { data_offsets: [from, to] = [0, 0] }]) =>
      name === '__metadata__' ? [] : [[name, file.toString('hex', start + from, start + to)] as const],
    ),
  );
}

async function resume(model: Model): Promise<number[]> {
  await model.fit(x, y, { progress: false, batchSize: 2, epochs: 1, resume: true });
  return Array.from((await model.predict(x)).data);
}

function close(got: readonly number[], expected: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  expect(Math.max(...got.map((number, i) => Math.abs(number - (expected[i] ?? Number.NaN))))).toBeLessThan(
    1e-13,
  );
}

describe('what commit 0f49df9 saved in the middle of an epoch', () => {
  for (const name of ['adam-float32', 'adam-float64', 'accumulated-float64'] as const)
    test(`${name}: the same bits are loaded and saved again`, async () => {
      const file = await fileOf(name);
      const model = await loadModel(container, file);
      expect(model.stepCount).toBe(saved[name].stepCount);
      const again = tensorsOf(await bytesOf(model));
      for (const [tensor, bits] of tensorsOf(file))
        expect([tensor, again.get(tensor)]).toEqual([tensor, bits]);
    });

  // Elementary functions have other last bits since.
  test('adam, float64: the same predictions, and training goes on as it did', async () => {
    const { prediction, resumed } = saved['adam-float64'];
    const model = await loadModel(container, await fileOf('adam-float64'));
    close(Array.from((await model.predict(x)).data), prediction);
    close(await resume(model), resumed);
  });

  // Its slots were one fewer, and its sum one of g / steps: after one step of four, the other three bring the same update.
  test('accumulated, float64: a sum that was begun is brought to its end', async () => {
    const { prediction, resumed } = saved['accumulated-float64'];
    const model = await loadModel(container, await fileOf('accumulated-float64'));
    close(await resume(model), resumed);
    expect(resumed).not.toEqual(prediction);
  });
});
