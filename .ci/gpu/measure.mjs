// Products by size beside the adapter's limit, and steps a second of the cases of the bench with the dispatches of each, beside jax-js where it was packed. Prints one table.

import { countGpu } from '../../packages/bench/src/counting.ts';
import { functionData } from '../../packages/bench/src/data.ts';
import { Session } from '../../packages/bench/src/session.ts';
import { provideWebGpu } from '../../packages/bench/src/webgpu-in-node.ts';
import { peakOf } from './peak.mjs';

const [only = 'pullback,jax-js', seconds = '180'] = process.argv.slice(2);
const end = performance.now() + Number(seconds) * 1000;
const setting = { backend: 'webgpu', threads: 1, clock: 'wall' };
const cases = [
  'xor',
  'mlp128',
  'mlp128-adam',
  'mlp512',
  'elementwise',
  'softmax',
  'layer-norm',
  'conv-3x3',
  'lenet',
  'lstm',
  'gpt-small',
];
/** Milliseconds after which nothing larger of a kind is tried: a software adapter would take the rest of the time for it. */
const patience = 4000;

await provideWebGpu();
const adapter = await navigator.gpu.requestAdapter({ powerPreference: 'high-performance' });
const { vendor, architecture, device: model, description } = adapter.info;
const device = await adapter.requestDevice();
const peak = await peakOf(device);
device.destroy();
const name = [vendor, architecture, model, description].filter(Boolean).join(', ');
const say = (line) => console.log(line);
say(
  `${new Date().toISOString().slice(0, 10)}, ${name}, Node ${process.versions.node}; the limit by chains of fma: ${peak.toFixed(0)} GFLOP/s\n`,
);

const libraries = only.split(',');
const openers = {
  pullback: () => import('../../packages/bench/src/libraries/pullback.ts'),
  'jax-js': () => import('../../packages/bench/src/libraries/jax-js.ts'),
};
const failed = (failure) =>
  (failure instanceof Error ? failure.message : String(failure)).split('\n')[0].slice(0, 60);

say(`| product | ${libraries.map((each) => `${each} GFLOP/s | of the limit`).join(' | ')} |`);
say(`|---|${libraries.map(() => '---:|---:|').join('')}`);
const tooLong = new Set();
for (const n of [256, 510, 512, 1024, 2048, 4096]) {
  const cells = [];
  for (const library of libraries) {
    if (tooLong.has(library) || performance.now() > end) cells.push('', '');
    else cells.push(...(await product(library, n)));
  }
  say(`| ${n} | ${cells.join(' | ')} |`);
}

async function product(library, n) {
  try {
    const chosen = {
      kind: 'function',
      name: 'matmul',
      arguments: [
        [n, n],
        [n, n],
      ],
      scale: 1,
    };
    const run = await (await (await openers[library]()).open(setting)).call(chosen, functionData(chosen));
    const time = async (count) => {
      const begin = performance.now();
      await run.step(count);
      await run.settle();
      return performance.now() - begin;
    };
    await time(1);
    const once = await time(1);
    if (once > patience / 8) tooLong.add(library);
    const count = Math.max(1, Math.min(200, Math.floor(300 / once)));
    let best = Number.POSITIVE_INFINITY;
    for (let i = 0; i < 3; i++) best = Math.min(best, (await time(count)) / count);
    const rate = (2 * n ** 3) / best / 1e6;
    return [rate.toFixed(1), `${((100 * rate) / peak).toFixed(0)}%`];
  } catch (failure) {
    return [failed(failure), ''];
  }
}

say(
  `\n| case | ${libraries.map((each) => `${each} steps/s | first step ms | dispatches | submits`).join(' | ')} |`,
);
say(`|---|${libraries.map(() => '---:|---:|---:|---:|').join('')}`);
for (const each of cases) {
  const cells = [];
  for (const library of libraries)
    cells.push(...(performance.now() > end ? ['', '', '', ''] : await steps(library, each)));
  say(`| ${each} | ${cells.join(' | ')} |`);
}

async function steps(library, each) {
  try {
    const session = new Session();
    const { firstStepMs } = await session.start(library, each, setting);
    await session.warmUp(500);
    const { stepMs } = await session.turn(1500);
    const counters = countGpu(globalThis);
    const { dispatches, submits } = await session.count(4, counters);
    const sorted = [...stepMs].sort((a, b) => a - b);
    const middle = sorted[Math.floor(sorted.length / 2)];
    return [(1000 / middle).toFixed(1), firstStepMs.toFixed(0), String(dispatches), String(submits)];
  } catch (failure) {
    return [failed(failure), '', '', ''];
  }
}
process.exit(0);
