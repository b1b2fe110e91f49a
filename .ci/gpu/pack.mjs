// Packs what a machine with a GPU and nothing else needs: Node's binary, the tests and the bench as bundles, the package webgpu. Prints the name of the archive; with
// --here it is unpacked in an empty folder and run on this machine's adapter.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';

const root = new URL('../../', import.meta.url).pathname;
const most = 60e6;
/** A package as another one sees it. */
const seenBy = (folder, name) => createRequire(`${realpathSync(`${root}${folder}`)}/`).resolve(name);
const { build } = await import(pathToFileURL(seenBy('node_modules/tsup', 'esbuild')).href);

const place = mkdtempSync(`${tmpdir()}/pullback-gpu-`);
const inside = `${place}/pullback-gpu`;
const tests = `${root}packages/backend-webgpu/test/adapter`;
const peer = `${root}packages/bench/node_modules/@jax-js/jax`;

const shared = {
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  conditions: ['@pullback/source'],
  define: { PULLBACK_VERSION: '"here"' },
  // The umbrella finds it where a container is asked for, which none of these does.
  external: ['webgpu', 'koffi', '#inversify', 'inversify'],
  logLevel: 'error',
};
await build({
  ...shared,
  entryPoints: readdirSync(tests)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => `${tests}/${name}`),
  outdir: `${inside}/suite`,
  alias: {
    vitest: `${root}.ci/gpu/vitest.mjs`,
    '@vitest/expect': seenBy('node_modules/vitest', '@vitest/expect'),
  },
  outExtension: { '.js': '.mjs' },
});
await build({
  ...shared,
  entryPoints: [`${root}.ci/gpu/measure.mjs`],
  outdir: `${inside}/bench`,
  nodePaths: [`${root}packages/pullback/node_modules`, `${root}packages/bench/node_modules`],
  alias: {
    pullback: `${root}packages/pullback/src/index.ts`,
    '@pullback/onnx': `${root}packages/onnx/src/index.ts`,
  },
  outExtension: { '.js': '.mjs' },
  plugins: [{ name: 'without-other-peers', setup: leaveOut }],
});

/** Peers of the bench that are not installed, or are not for this, are not packed. */
function leaveOut({ onResolve }) {
  onResolve({ filter: /\/libraries\/(tfjs|deepbox|convnetjs|onnxruntime-web)/ }, () => ({
    path: 'left-out',
    external: true,
  }));
  if (!existsSync(peer))
    onResolve({ filter: /^@jax-js\/jax$/ }, () => ({ path: 'left-out', external: true }));
}

cpSync(process.execPath, `${inside}/node`);
const webgpu = dirname(realpathSync(seenBy('packages/backend-webgpu', 'webgpu')));
const platform = `${process.platform}-${process.platform === 'darwin' ? 'universal' : process.arch}`;
cpSync(webgpu, `${inside}/node_modules/webgpu`, {
  recursive: true,
  filter: (path) => !/\/(build|dist)\/./.test(path) || path.includes(platform),
});
cpSync(`${root}.ci/gpu/run.sh`, `${inside}/run`);
mkdirSync(`${root}dist`, { recursive: true });
const archive = `${root}dist/pullback-gpu-${platform}.tar.gz`;
execFileSync('tar', ['-czf', archive, '-C', place, 'pullback-gpu']);
const size = statSync(archive).size;
rmSync(place, { recursive: true });
console.log(
  `${archive}: ${(size / 1e6).toFixed(1)} MB. There: tar xzf ${archive.split('/').at(-1)} && pullback-gpu/run`,
);
if (size > most) throw new Error(`more than ${most / 1e6} MB`);

if (process.argv.includes('--here')) {
  const empty = mkdtempSync(`${tmpdir()}/pullback-gpu-`);
  execFileSync('tar', ['-xzf', archive, '-C', empty]);
  // Nothing of this machine but its drivers.
  const { status } = spawnSync(
    `${empty}/pullback-gpu/run`,
    process.argv.filter((word) => /^[a-z,-]*$/.test(word) && !word.startsWith('--')),
    {
      stdio: 'inherit',
      env: {
        HOME: empty,
        PATH: '/usr/bin:/bin',
        ...(process.env.VK_ICD_FILENAMES && { VK_ICD_FILENAMES: process.env.VK_ICD_FILENAMES }),
      },
    },
  );
  rmSync(empty, { recursive: true });
  process.exitCode = status ?? 1;
}
