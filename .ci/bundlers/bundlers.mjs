// How each bundler makes the page of this folder: into a folder of its own, without a warning.
import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const entry = `${import.meta.dirname}/main.js`;

function page(folder, head = '') {
  mkdirSync(folder, { recursive: true });
  const html = readFileSync(`${import.meta.dirname}/index.html`, 'utf8');
  writeFileSync(`${folder}/index.html`, html.replace('</head>', `${head}</head>`));
}

function refuse(warnings) {
  if (warnings.length > 0) throw new Error(warnings.join('\n'));
}

export const bundlers = {
  async vite(outDir) {
    const { build } = await import('vite');
    await build({
      root: import.meta.dirname,
      base: './',
      logLevel: 'error',
      build: { outDir, target: 'es2022', emptyOutDir: true },
    });
  },
  async rollup(dir) {
    const { rollup } = await import('rollup');
    const { nodeResolve } = await import('@rollup/plugin-node-resolve');
    const warnings = [];
    const bundle = await rollup({
      input: entry,
      plugins: [nodeResolve({ browser: true })],
      onLog: (level, { message }) => level === 'warn' && warnings.push(message),
    });
    await bundle.write({ dir, format: 'es' });
    // Rollup tells of circles of imports in packages that are not ours.
    refuse(warnings.filter((text) => !/node_modules\/(?!@?pullback)/.test(text)));
    page(dir);
  },
  async esbuild(outdir) {
    const { build } = await import('esbuild');
    const { warnings } = await build({
      entryPoints: [entry],
      bundle: true,
      splitting: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
      outdir,
      logLevel: 'silent',
    });
    refuse(warnings.map(({ text }) => text));
    page(outdir);
  },
  async webpack(path) {
    const { default: webpack } = await import('webpack');
    const stats = await new Promise((resolve, reject) =>
      webpack(
        {
          mode: 'production',
          context: import.meta.dirname,
          entry,
          output: { path, filename: 'main.js' },
          performance: false,
        },
        (why, done) => (why ? reject(why) : resolve(done)),
      ),
    );
    const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
    refuse([...errors, ...warnings].map(({ message }) => message));
    page(path);
  },
  async parcel(distDir) {
    const { Parcel } = await import('@parcel/core');
    await new Parcel({
      entries: `${import.meta.dirname}/index.html`,
      defaultConfig: '@parcel/config-default',
      mode: 'production',
      shouldDisableCache: true,
      defaultTargetOptions: { distDir, publicUrl: './', engines: { browsers: 'last 2 Chrome versions' } },
    }).run();
  },
  async 'import map'(folder) {
    page(folder, `<script type="importmap">${JSON.stringify({ imports: importMap() })}</script>`);
    cpSync(entry, `${folder}/main.js`);
    cpSync(`${import.meta.dirname}/node_modules`, `${folder}/node_modules`, {
      recursive: true,
      filter: (path) =>
        !/node_modules\/(@parcel|parcel|webpack|vite|rollup|@rollup|esbuild|@esbuild|playwright)/.test(path),
    });
  },
};

/** Every import of pullback and of what it imports, and of theirs: bare names to files, as a page without a bundler needs them. */
function importMap() {
  const map = {};
  const visit = (name) => {
    const folder = `${import.meta.dirname}/node_modules/${name}`;
    if (!existsSync(folder)) return;
    const {
      exports = {},
      imports = {},
      module,
      main,
      dependencies = {},
    } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    const paths =
      '.' in exports || Object.keys(exports).some((key) => key.startsWith('.'))
        ? exports
        : { '.': module ?? main };
    for (const [path, target] of Object.entries(paths)) {
      const file = fileOf(target);
      if (file !== undefined && !path.includes('*'))
        map[`${name}${path.slice(1)}`] = `./node_modules/${name}/${file.replace(/^\.\//, '')}`;
    }
    for (const [own, target] of Object.entries(imports))
      map[own] = `./node_modules/${name}/${fileOf(target).replace(/^\.\//, '')}`;
    for (const other of Object.keys(dependencies)) if (!(other in map)) visit(other);
  };
  visit('pullback');
  return map;
}

function fileOf(target) {
  if (typeof target === 'string') return target;
  if (target === null || target === undefined) return undefined;
  return fileOf(target.module ?? target.browser ?? target.import ?? target.default);
}

/** The version that is used, for the line that tells of it. */
export function versionOf(name) {
  const file = createRequire(import.meta.url)
    .resolve.paths(name)
    ?.map((at) => `${at}/${name}/package.json`)
    .find(existsSync);
  return file === undefined ? '' : ` ${JSON.parse(readFileSync(file, 'utf8')).version}`;
}
