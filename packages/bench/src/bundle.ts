import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** The bytes that a page has to load before it trains. */
export interface BundleSize {
  readonly name: string;
  /** JavaScript: the page's own chunk and those that it always loads. */
  readonly gzippedBytes: number;
  readonly minifiedBytes: number;
  /** A .wasm file that is loaded beside it, gzipped. */
  readonly moduleBytes: number;
}

const here = fileURLToPath(new URL('..', import.meta.url));

const pages = {
  pullback: 'pullback.ts',
  'pullback with the container': 'pullback-container.ts',
  'jax-js': 'jax-js.ts',
  tfjs: 'tfjs.ts',
} as const;

/** A minimal training page, an XOR of two layers, in each library: minified by esbuild, each chunk gzipped at level 9. */
export async function bundleSizes(): Promise<BundleSize[]> {
  return Promise.all(Object.entries(pages).map(([name, file]) => sizeOf(name, file)));
}

async function sizeOf(name: string, file: string): Promise<BundleSize> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: here,
    entryPoints: [join('src/pages', file)],
    outdir: 'page',
    bundle: true,
    splitting: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    logLevel: 'error',
  });
  const needed = loadedAtOnce(metafile.outputs);
  const chunks = outputFiles.filter(({ path }) => [...needed].some((output) => path.endsWith(output)));
  return {
    name,
    gzippedBytes: chunks.reduce((sum, { contents }) => sum + gzipped(contents), 0),
    minifiedBytes: chunks.reduce((sum, { contents }) => sum + contents.length, 0),
    moduleBytes: name === 'tfjs' ? gzipped(readFileSync(tfjsModule())) : 0,
  };
}

interface Outputs {
  readonly [path: string]: {
    readonly entryPoint?: string;
    readonly imports: readonly { readonly path: string; readonly kind: string }[];
  };
}

/** The page's chunk and what it imports by statement: what it may import later is not counted. */
function loadedAtOnce(outputs: Outputs): Set<string> {
  const needed = new Set<string>();
  const visit = (path: string): void => {
    if (needed.has(path)) return;
    needed.add(path);
    for (const { path: next, kind } of outputs[path]?.imports ?? [])
      if (kind === 'import-statement') visit(next);
  };
  for (const [path, { entryPoint }] of Object.entries(outputs))
    if (entryPoint?.includes('src/pages/')) visit(path);
  return needed;
}

function gzipped(content: Uint8Array): number {
  return gzipSync(content, { level: 9 }).length;
}

function tfjsModule(): string {
  const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  return join(dirname(main), '../wasm-out/tfjs-backend-wasm-simd.wasm');
}
