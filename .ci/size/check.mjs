// The bytes that a page loads, gzipped, in a production build of Vite: what it imports, and what it loads by name. Fails above a budget, and well below one,
// so that a gain is kept. `npm run check:size` after a build; `-- --parts` lists what the bytes are.
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

/** In bytes; docs/decisions/size.md says what they are made of and where they should go. */
const budgets = {
  'train-by-name': {
    most: 122_000,
    loads: ['backend-wasm'],
    never: ['backend-webgpu', 'backend-native', 'inversify'],
  },
  'train-of-parts': { most: 112_500, loads: [], never: ['backend-cpu', 'metrics', 'inversify'] },
  mathematics: { most: 24_000, loads: [], never: ['train', 'compiler'] },
};

const packages = new URL('../../packages/', import.meta.url).pathname;
const alias = [
  { find: /^pullback$/, replacement: `${packages}pullback/dist/index.js` },
  { find: /^@pullback\/([a-z-]+)$/, replacement: `${packages}$1/dist/index.js` },
];

const parts = process.argv.includes('--parts');
let failed = false;
for (const [page, budget] of Object.entries(budgets)) {
  const loaded = await chunksOf(page, budget.loads);
  const bytes = loaded.reduce((total, { code }) => total + gzipSync(code, { level: 9 }).length, 0);
  const inside = loaded.flatMap(({ moduleIds }) => moduleIds);
  const wrong = budget.never.filter((name) => inside.some((id) => id.includes(`/${name}/`)));
  const verdict =
    wrong.length > 0
      ? `holds ${wrong.join(', ')}`
      : bytes > budget.most
        ? `more than ${budget.most}`
        : bytes < budget.most * 0.95
          ? `less than 95% of ${budget.most}: lower the budget`
          : 'ok';
  failed ||= verdict !== 'ok';
  console.log(`${page}: ${(bytes / 1000).toFixed(1)} KB, ${verdict}`);
  if (parts) for (const line of partsOf(loaded)) console.log(`  ${line}`);
}
if (failed) process.exit(1);

/** The chunks that a page imports at once, and those with the packages that it loads later. */
async function chunksOf(page, loads) {
  const { output } = await build({
    root: new URL('.', import.meta.url).pathname,
    configFile: false,
    logLevel: 'error',
    resolve: { alias },
    build: {
      write: false,
      target: 'es2022',
      modulePreload: false,
      rollupOptions: {
        input: new URL(`${page}.js`, import.meta.url).pathname,
        external: ['koffi', 'webgpu'],
      },
    },
  });
  const chunks = output.filter(({ type }) => type === 'chunk');
  const loaded = new Set();
  const load = (chunk) => {
    if (chunk === undefined || loaded.has(chunk)) return;
    loaded.add(chunk);
    for (const name of chunk.imports) load(chunks.find(({ fileName }) => fileName === name));
  };
  for (const chunk of chunks)
    if (
      chunk.isEntry ||
      loads.some((name) => chunk.moduleIds.some((id) => id.includes(`/packages/${name}/dist/index.js`)))
    )
      load(chunk);
  return [...loaded];
}

/** The packages in chunks with their bytes before gzip, largest first. */
function partsOf(chunks) {
  const bytes = new Map();
  for (const { modules } of chunks)
    for (const [id, { renderedLength }] of Object.entries(modules)) {
      const name = /packages\/([a-z-]+)\//.exec(id)?.[1] ?? 'the page';
      bytes.set(name, (bytes.get(name) ?? 0) + renderedLength);
    }
  return [...bytes]
    .sort(([, a], [, b]) => b - a)
    .map(([name, size]) => `${name} ${(size / 1000).toFixed(1)} KB, not minified`);
}
