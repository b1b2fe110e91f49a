import { expect, test } from 'vitest';
import { Playground } from './playground.ts';
import { watchMainThread } from './watch-main-thread.ts';

test('a GPT types while it learns: what it writes changes, the loss falls, and no task of the main thread takes 50 ms', async () => {
  const playground = await Playground.open({ hash: '#problem=gpt' });
  const { page } = playground;
  const typed = page.locator('#typed-text');
  await expect.poll(() => typed.textContent().then((text) => text?.length), { timeout: 30_000 }).toBe(120);
  const untrained = await typed.textContent();
  await playground.train();
  await playground.reachesStep(10);
  const { tasks } = await watchMainThread(page, () => playground.reachesStep(150));
  expect(Math.max(...tasks)).toBeLessThan(50);
  // Of some 80 characters each was as likely as the others: log 80 = 4.4 nats.
  await expect.poll(() => playground.number('figure-loss'), { timeout: 60_000 }).toBeLessThan(3);
  expect(await playground.number('figure-test')).toBeGreaterThan(15);
  expect(await typed.textContent()).not.toBe(untrained);
  await expect.poll(() => page.locator('#typed-before li').count()).toBeGreaterThan(0);
  await playground.choose('backend', 'cpu');
  await playground.says(/Moved to cpu/);
  expect(new URL(page.url()).hash).toBe('#problem=gpt');
});

test('for who wants no motion a sample is there at once', async () => {
  const playground = await Playground.open({ hash: '#problem=gpt' });
  await playground.page.emulateMedia({ reducedMotion: 'reduce' });
  await playground.page.click('#again');
  await expect.poll(() => playground.text('typed-step'), { timeout: 30_000 }).toBe('After 0 steps');
  expect((await playground.text('typed-text')).length).toBeGreaterThan(100);
});
