import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { Playground } from './playground.ts';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

test('a spiral is learned to 95 % within 20 s, after one click, and its link opens to the same bits', async () => {
  const playground = await Playground.open({ hash: '' });
  const { page } = playground;
  const started = performance.now();
  await playground.train();
  await expect
    .poll(() => playground.number('figure-test'), { timeout: 20_000, interval: 50 })
    .toBeGreaterThanOrEqual(95);
  expect(performance.now() - started).toBeLessThan(20_000);
  await playground.train();
  await playground.says(/^Paused/);
  // The same steps from the same link: as many as are made one by one.
  await page.click('#again');
  await playground.says(/^Ready/);
  const lossAfterThree = async (other: Playground) => {
    for (let step = 1; step <= 3; step++) {
      await other.page.click('#once');
      await expect.poll(() => other.number('figure-step'), { timeout: 20_000, interval: 20 }).toBe(step);
    }
    return other.text('figure-loss');
  };
  const loss = await lossAfterThree(playground);
  const again = await Playground.open({ hash: new URL(page.url()).hash });
  expect(await lossAfterThree(again)).toBe(loss);
});

test('everything can be changed while it runs', async () => {
  const playground = await Playground.open({ hash: '#problem=points' });
  const { page } = playground;
  await playground.train();
  for (const change of [
    () => page.selectOption('#data', 'circle'),
    () => page.getByLabel('One unit less in layer 1').click(),
    () => page.getByLabel('One layer more').click(),
    () => page.getByLabel('x²').check(),
    () => page.selectOption('#optimizer', 'rmsprop'),
    () => page.selectOption('#loss-name', 'half squared error'),
    () => page.selectOption('#decay', '0.001'),
    () => page.fill('#seed', '7').then(() => page.press('#seed', 'Tab')),
    () => page.selectOption('#data', 'hills'),
  ]) {
    await change();
    await playground.says(/^Training on/);
    await playground.reachesStep(20);
  }
  await playground.choose('backend', 'cpu');
  await playground.says(/Moved to cpu/);
  const hash = new URLSearchParams(new URL(page.url()).hash.slice(1));
  expect(Object.fromEntries(hash)).toMatchObject({
    data: 'hills',
    layers: '7,8,8',
    features: 'x,y,x²',
    optimizer: 'rmsprop',
    decay: '0.001',
    seed: '7',
  });
  await page.selectOption('#loss-name', 'typed …');
  await page.fill('#loss-text', 'p - q');
  await page.click('#loss-use');
  expect(await playground.text('loss-error')).toMatch(/^Character 5: .*'q'/);
  await page.fill('#loss-text', 'abs(p - t)^1.5');
  await page.click('#loss-use');
  await playground.reachesStep(20);
});

test('own points are clicked and written; the script that is downloaded has them', async () => {
  const playground = await Playground.open({ hash: '#problem=points' });
  const { page } = playground;
  await page.click('#plane', { position: { x: 40, y: 40 } });
  await page.click('#plane', { position: { x: 90, y: 60 }, modifiers: ['Shift'] });
  await page.fill('#own-x', '0.5');
  await page.click('#add-1');
  expect(new URLSearchParams(new URL(page.url()).hash.slice(1)).get('own')?.split(',')).toHaveLength(3);
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#script')]);
  const code = await readFile(await download.path(), 'utf8');
  expect(code).toMatch(/^import \{.* \} from 'pullback';/);
  expect(code).toContain('[0.5,0]');
});

describe('the inspector in the page', () => {
  test('draws the network, walks back through it, opens a layer, and tells J^T g', async () => {
    const playground = await Playground.open({ hash: '#problem=points' });
    const { page } = playground;
    const inside = page.locator('#inspector');
    const says = (what: RegExp) => inside.getByRole('status').filter({ hasText: what }).waitFor();
    await expect.poll(() => inside.locator('.node').count(), { timeout: 20_000 }).toBe(6);
    await inside.getByRole('button', { name: 'To the beginning of the walk' }).click();
    await inside.getByRole('button', { name: 'One node on' }).click();
    await says(/^1 of 11, forward: x gives \|y\| = /);
    await inside.getByRole('button', { name: 'To the end of the walk' }).click();
    await inside.getByRole('button', { name: 'One node back' }).click();
    await says(/^10 of 11, back: \|g\| = .* came to hidden1; \|J\^T g\| = .* towards x\.$/);
    await inside.locator('.node', { hasText: 'hidden1' }).dblclick();
    await expect.poll(() => inside.locator('.node').count(), { timeout: 20_000 }).toBe(11);
    await inside.locator('.node', { hasText: 'tanh' }).click();
    const details = inside.getByRole('region', { name: 'The chosen node' });
    await expect
      .poll(() => details.textContent(), { timeout: 20_000 })
      .toMatch(/y = tanh\(x\).*J\^T g.*\(3\.2\).*g · \(1 − y²\)/s);
    expect(await details.locator('pre').textContent()).toMatch(/tanh.*hidden1/);
    await details.getByRole('button', { name: 'Examine' }).click();
    await details.getByRole('status').filter({ hasText: 'J^T g is that of differences' }).waitFor();
  });

  test('flags units that are dead, and a click leads to them', async () => {
    const playground = await Playground.open({ hash: '#problem=points&activation=max(0,x-9)' });
    const flag = playground.page.locator('#inspector .flags button').first();
    await flag.waitFor();
    expect(await flag.textContent()).toMatch(/^dead: 8 of 8 units/);
    await flag.click();
    expect(await playground.page.locator('#inspector [aria-pressed=true]').count()).toBe(1);
  });
});

for (const problem of ['points', 'xor', 'mnist', 'gpt'])
  for (const dark of [false, true])
    test(`axe finds nothing: ${problem}, ${dark ? 'dark' : 'light'}`, async () => {
      const playground = await Playground.open({
        hash: `#problem=${problem}`,
        dark,
        viewport: { width: dark ? 390 : 1280, height: 844 },
      });
      const { page } = playground;
      await playground.train();
      await playground.reachesStep(5);
      if (problem !== 'xor') await playground.train();
      await page.addScriptTag({ path: axe });
      const found = await page.evaluate(async () => {
        const { violations } = await Reflect.get(globalThis, 'axe').run(document, {
          resultTypes: ['violations'],
        });
        return violations.map(
          ({ id, nodes }: { id: string; nodes: { target: unknown; failureSummary: string }[] }) =>
            `${id}: ${nodes.map(({ target, failureSummary }) => `${String(target)} ${failureSummary}`).join('; ')}`,
        );
      });
      expect(found).toEqual([]);
      await page.screenshot({
        path: new URL(`shots/${problem}-${dark ? 'dark-390' : 'light-1280'}.png`, import.meta.url).pathname,
        fullPage: true,
      });
    });
