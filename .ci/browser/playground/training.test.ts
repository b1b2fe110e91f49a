import { describe, expect, test } from 'vitest';
import { isolation } from '../chromium.ts';
import { Playground } from './playground.ts';

const solvedOutputs = async (playground: Playground) => {
  const [zeroZero = 1, zeroOne = 0, oneZero = 0, oneOne = 1] = await playground.outputs();
  for (const output of [zeroZero, 1 - zeroOne, 1 - oneZero, oneOne]) expect(output).toBeLessThan(0.1);
};

for (const [where, headers] of [
  ['in an isolated page', isolation],
  ['in a page that is not isolated', {}],
] as const)
  describe(where, () => {
    for (const backend of ['wasm', 'cpu', 'webgpu'])
      test(`XOR is solved on ${backend}`, async ({ skip }) => {
        const playground = await Playground.open({ headers });
        const radio = playground.page.locator(`input[name=backend][value=${backend}]`);
        if (backend === 'webgpu' && (await radio.isDisabled())) skip('this Chromium has no WebGPU adapter');
        await playground.choose('backend', backend);
        await playground.says(new RegExp(`Moved to ${backend}`));
        await playground.train();
        expect(await playground.says(/^Done/)).toMatch(/solved after \d+ steps/);
        expect(await playground.text('figure-backend')).toBe(backend);
        await solvedOutputs(playground);
        expect(await playground.coloursOf('surface')).toBeGreaterThan(50);
      });

    test('threads are there, or it says what is missing', async () => {
      const playground = await Playground.open({ headers });
      const threads = playground.page.locator('#threads');
      expect(await threads.isDisabled()).toBe(headers !== isolation);
      if (headers === isolation) expect(await playground.text('machine')).toMatch(/Threads of wasm: /);
      else
        expect(await playground.text('machine')).toMatch(
          /Threads of wasm is missing.*Cross-Origin-Opener-Policy/,
        );
    });
  });

test('the backend is swapped midway, twice, and training goes on as if nothing had happened', async () => {
  const steps = async (swap: boolean) => {
    const playground = await Playground.open();
    await playground.choose('backend', 'cpu');
    await playground.says(/Moved to cpu/);
    await playground.train();
    if (swap)
      for (const [backend, step] of [
        ['wasm', 20],
        ['webgpu', 50],
      ] as const) {
        await playground.reachesStep(step);
        if (await playground.page.locator(`input[name=backend][value=${backend}]`).isDisabled()) continue;
        await playground.choose('backend', backend);
        const said = await playground.says(new RegExp(`Moved to ${backend}`));
        const at = Number(/after ([\d,]+) steps/.exec(said)?.[1]);
        expect(at).toBeGreaterThanOrEqual(step);
        expect(at).toBeLessThan(139);
      }
    const said = await playground.says(/^Done/);
    return Number(/solved after (\d+) steps/.exec(said)?.[1]);
  };
  const [whole, swapped] = [await steps(false), await steps(true)];
  expect(whole).toBeGreaterThan(100);
  // Backends differ by roundings: the outputs pass the mark within a step of each other.
  expect(Math.abs(swapped - whole)).toBeLessThanOrEqual(1);
});

test('an activation is typed: an error says where, and what is right is used at once', async () => {
  const playground = await Playground.open();
  const { page } = playground;
  await page.fill('#activation', 'x * sigmod(x)');
  expect(await playground.text('activation-error')).toMatch(/^Character 5: .*'sigmod'.*'sigmoid'/);
  expect(await page.locator('#activation-where').textContent()).toBe('x * sigmod(x)\n    ^^^^^^');
  expect(await page.locator('#activation').getAttribute('aria-invalid')).toBe('true');
  expect(await page.locator('#use').isDisabled()).toBe(true);
  await page.fill('#activation', 'x * sigmoid(1.5 * x) + 0.1 * sin(x)^2');
  expect(await playground.text('activation-error')).toBe('');
  expect(await playground.coloursOf('preview')).toBeGreaterThan(3);
  await page.press('#activation', 'Enter');
  expect(await playground.says(/^Done/)).toMatch(/solved/);
  await solvedOutputs(playground);
  expect(await playground.text('legend')).toContain('x * sigmoid(1.5 * x) + 0.1 * sin(x)^2');
});

test('a training is paused, goes on where it was, and is begun anew', async () => {
  const playground = await Playground.open();
  await playground.train();
  await playground.reachesStep(10);
  await playground.train();
  const paused = Number(/after (\d+) steps/.exec(await playground.says(/^Paused/))?.[1]);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(await playground.number('figure-step')).toBeLessThanOrEqual(paused);
  await playground.train();
  await playground.reachesStep(paused);
  await playground.train();
  await playground.says(/^Paused/);
  await playground.page.click('#again');
  await playground.says(/^Ready/);
  expect(await playground.text('figure-step')).toBe('–');
});
