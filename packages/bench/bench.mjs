// `npm run bench -- CASE`: installs the peers on first use, builds what is older than its source, and measures.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../..');

/** Installs what the lockfile says, unless that was done since it was changed. */
function pnpmInstall(folder) {
  const installed = join(folder, 'node_modules');
  if (
    existsSync(installed) &&
    statSync(join(folder, 'pnpm-lock.yaml')).mtimeMs <= statSync(installed).mtimeMs
  )
    return;
  console.error(`installing ${folder === here ? 'the peers' : 'the workspace'}`);
  execFileSync('npx', ['-y', 'pnpm@12.21.0', 'install', '--frozen-lockfile'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  utimesSync(installed, new Date(), new Date());
}

/** When the newest file below was changed; 0 where there is none. */
function newest(path) {
  if (!existsSync(path)) return 0;
  const found = statSync(path);
  if (!found.isDirectory()) return found.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((entry) => newest(join(path, entry))));
}

/** The folders of a package and of all that it needs of this repository. */
function foldersOf(folder, found = new Set()) {
  found.add(folder);
  const { dependencies = {} } = JSON.parse(
    readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'),
  );
  for (const [name, version] of Object.entries(dependencies)) {
    const next = name.replace('@pullback/', '');
    if (version.startsWith('workspace:') && !found.has(next)) foldersOf(next, found);
  }
  return found;
}

/** What is measured is what is published: the built packages. */
function buildProduct() {
  for (const folder of foldersOf('onnx', foldersOf('pullback'))) {
    const path = join(root, 'packages', folder);
    if (newest(join(path, 'src')) <= newest(join(path, 'dist/index.js'))) continue;
    console.error(`building packages/${folder}`);
    execFileSync(join(root, 'node_modules/.bin/tsup'), ['--silent'], {
      cwd: path,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
  }
}

pnpmInstall(root);
pnpmInstall(here);
buildProduct();
const { build } = await import('esbuild');
const common = { absWorkingDir: here, bundle: true, splitting: true, format: 'esm', logLevel: 'warning' };
await build({
  ...common,
  entryPoints: ['src/main.ts', 'src/child.ts'],
  outdir: 'dist',
  packages: 'external',
  platform: 'node',
  target: 'node20',
});
if (process.argv.includes('--chromium'))
  await build({
    ...common,
    entryPoints: ['src/page.ts'],
    outdir: 'dist/page',
    platform: 'browser',
    target: 'es2022',
    external: ['node:*'],
  });
const { status } = spawnSync(process.execPath, [join(here, 'dist/main.js'), ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
