// A GPT learns as torch's does, step by step: losses of packages/train/test/fixtures/gpt.py.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { batchOf, type GptSize, gptOf } from './gpt.ts';

interface Losses {
  readonly size: GptSize;
  readonly float64: readonly number[];
  readonly float32: readonly number[];
}

const fixtures: Readonly<Record<string, Losses>> = JSON.parse(
  readFileSync(new URL('../../train/test/fixtures/gpt.json', import.meta.url), 'utf8'),
);

async function losses({ size }: Losses, dtype: 'float32' | 'float64', steps: number): Promise<number[]> {
  const model = await gptOf(size, 'wasm', dtype);
  const found: number[] = [];
  for (let step = 0; step < steps; step++) found.push(await model.step(batchOf(step, size)).loss.read());
  model.dispose();
  return found;
}

const farthest = (got: readonly number[], wanted: readonly number[]) =>
  got.reduce((most, x, i) => Math.max(most, Math.abs(x - (wanted[i] ?? Number.NaN))), 0);

// All hundred steps of gpt-small were compared too: 2e-14 in float64, and 2.1e-6 in float32, where torch is 5.9e-6 away.
for (const [name, steps] of [
  ['tiny', 100],
  ['gpt-small', 3],
] as const) {
  const fixture = fixtures[name] ?? { size: {} as GptSize, float64: [], float32: [] };
  test(`${name}, ${steps} steps in float64`, async () => {
    expect(farthest(await losses(fixture, 'float64', steps), fixture.float64)).toBeLessThan(1e-9);
  });
  test(`${name}, ${steps} steps in float32, no farther off than twice torch's own`, async () => {
    const own = farthest(fixture.float32.slice(0, steps), fixture.float64);
    expect(own).toBeGreaterThan(0);
    expect(farthest(await losses(fixture, 'float32', steps), fixture.float64)).toBeLessThan(2 * own);
  });
}
