// The bytes that a page loads, gzipped, in a production build of Vite: the built page is run, and every file counts that it imports until it has trained. Fails
// above a budget, and well below one, so that a gain is kept. `npm run check:size` after a build; `-- --parts` lists what the bytes are.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector/promises';
import { tmpdir } from 'node:os';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';

/** In bytes; docs/decisions/small-bundles-quick-imports.md says what they are made of. */
const budgets = {
  'train-by-name': { most: 86_000, never: ['backend-webgpu', 'backend-native', 'inversify'] },
  'train-of-parts': { most: 76_500, never: ['backend-cpu', 'metrics', 'inversify', 'compiler'] },
  'train-digits': { most: 107_000, never: ['backend-cpu', 'metrics', 'inversify'] },
  mathematics: { most: 20_200, never: ['train', 'compiler'] },
  reference: { most: 4_800, never: ['train', 'compiler'] },
};

const packages = new URL('../../packages/', import.meta.url).pathname;
const alias = [
  { find: /^pullback$/, replacement: `${packages}pullback/dist/index.js` },
  { find: /^@pullback\/([a-z-]+)$/, replacement: `${packages}$1/dist/index.js` },
];

const parts = process.argv.includes('--parts');
const place = mkdtempSync(`${tmpdir()}/pullback-size-`);
let failed = false;
for (const [page, { most, never }] of Object.entries(budgets)) {
  const chunks = await chunksOf(page);
  const names = await loadedBy(page, chunks);
  const loaded = chunks.filter(({ fileName }) => names.has(basename(fileName)));
  const bytes = loaded.reduce((total, { code }) => total + gzipSync(code, { level: 9 }).length, 0);
  const inside = loaded.flatMap(({ moduleIds }) => moduleIds);
  const wrong = never.filter((name) => inside.some((id) => id.includes(`/${name}/`)));
  const verdict =
    wrong.length > 0
      ? `holds ${wrong.join(', ')}`
      : bytes > most
        ? `more than ${most}`
        : bytes < most * 0.95
          ? `less than 95% of ${most}: lower the budget`
          : 'ok';
  failed ||= verdict !== 'ok';
  console.log(`${page}: ${(bytes / 1000).toFixed(1)} KB in ${loaded.length} files, ${verdict}`);
  if (parts) for (const line of partsOf(loaded)) console.log(`  ${line}`);
}
rmSync(place, { recursive: true });

// A page that only predicts has no framework: a module of WebAssembly and what loads it.
const { code, loader } = await exported();
for (const [name, bytes, most] of [
  ['loader of an export', loader, 2000],
  ['export of a small network, weights and loader', loader + code, 5000],
]) {
  failed ||= bytes > most;
  console.log(`${name}: ${(bytes / 1000).toFixed(1)} KB, ${bytes > most ? `more than ${most}` : 'ok'}`);
}
if (failed) process.exit(1);

/** The bytes of the prediction of the network of the pages, exported, gzipped. */
async function exported() {
  const parts = ['train', 'layers', 'losses', 'optimizers', 'backend-wasm'];
  const [{ Model }, { dense, relu, sequential }, { softmaxCrossEntropy }, { sgd }, { wasm }] =
    await Promise.all(parts.map((name) => import(`${packages}${name}/dist/index.js`)));
  const model = await Model.create({
    network: sequential(dense(16), relu(), dense(3)),
    input: [4],
    loss: softmaxCrossEntropy(),
    optimizer: sgd({ learningRate: 0.1 }),
    backend: wasm(),
  });
  const made = await model.export({ x: [[1, 2, 3, 4]] });
  return { code: gzipSync(made.code).length, loader: gzipSync(made.loader).length };
}

async function chunksOf(page) {
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
  return output.filter(({ type }) => type === 'chunk');
}

/** The names of the files that a page has imported when it is done. */
async function loadedBy(page, chunks) {
  const folder = `${place}/${page}`;
  mkdirSync(`${folder}/assets`, { recursive: true });
  writeFileSync(`${folder}/package.json`, '{ "type": "module" }');
  for (const { fileName, code } of chunks) writeFileSync(`${folder}/${fileName}`, code);
  const names = new Set();
  const session = new Session();
  session.connect();
  session.on('Debugger.scriptParsed', ({ params: { url } }) => {
    if (url.includes(folder)) names.add(basename(url));
  });
  await session.post('Debugger.enable');
  await quietly(() => import(`${folder}/${chunks.find(({ isEntry }) => isEntry).fileName}`));
  session.disconnect();
  return names;
}

/** Without what pages print, which is how the bundler knows that they use what they compute. */
async function quietly(run) {
  const { log } = console;
  console.log = () => {};
  try {
    await run();
  } finally {
    console.log = log;
  }
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
