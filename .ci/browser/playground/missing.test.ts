import { expect, test } from 'vitest';
import { Playground } from './playground.ts';

const policy = (scripts: string) => ({
  'Content-Security-Policy': `default-src 'self'; script-src ${scripts}; worker-src 'self' blob:`,
});

test('where the policy forbids WebAssembly auto is cpu, and the page names the directive', async () => {
  const playground = await Playground.open({ headers: policy("'self'") });
  expect(await playground.text('figure-backend')).toBe('cpu');
  expect(playground.warnings.join()).toMatch(/cpu, which is slow.*'wasm-unsafe-eval'/);
  expect(await playground.text('machine')).toMatch(/WebAssembly.*is missing.*'wasm-unsafe-eval'/);
  expect(await playground.page.locator('input[name=backend][value=wasm]').isDisabled()).toBe(true);
  await playground.train();
  expect(await playground.says(/^Done/)).toMatch(/solved/);
});

test("a strict policy with 'wasm-unsafe-eval' is enough", async () => {
  const playground = await Playground.open({ headers: policy("'self' 'wasm-unsafe-eval'") });
  expect(await playground.text('figure-backend')).toBe('wasm');
  await playground.train();
  expect(await playground.says(/^Done/)).toMatch(/solved/);
});

test('where WebGPU has no adapter it says so and the rest works', async () => {
  const playground = await Playground.open({ adapter: false });
  expect(await playground.text('machine')).toMatch(
    /WebGPU is missing: (there is no WebGPU|WebGPU has no adapter)/,
  );
  expect(await playground.page.locator('input[name=backend][value=webgpu]').isDisabled()).toBe(true);
  await playground.train();
  expect(await playground.says(/^Done/)).toMatch(/solved/);
});

test('digits that cannot be loaded are told, and asked for again', async () => {
  const playground = await Playground.open();
  playground.expected = /404/;
  await playground.page.route('**/digits.bin', (route) => route.fulfill({ status: 404 }));
  await playground.choose('problem', 'mnist');
  expect(await playground.says(/could not/)).toMatch(/digits\.bin answers 404/);
  await playground.page.unroute('**/digits.bin');
  await playground.train();
  await playground.reachesStep(10);
});

test('an activation that is not finite ends the training with what to do', async () => {
  const playground = await Playground.open();
  await playground.page.fill('#activation', 'log(x)');
  await playground.page.press('#activation', 'Enter');
  expect(await playground.says(/The loss is/)).toMatch(/NaN after step \d+: .*learning rate.*activation/);
  await playground.page.fill('#activation', 'tanh(x)');
  await playground.page.press('#activation', 'Enter');
  expect(await playground.says(/^Done/)).toMatch(/solved/);
});
