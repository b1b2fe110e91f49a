import { setThreadsCount, setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

/** Tells tfjs where its own modules are: in its package, or where the page's server has them; only a page has threads. */
export async function useWasm(threads: number): Promise<void> {
  if (typeof process === 'undefined') {
    setWasmPaths('/tfjs-wasm/');
    setThreadsCount(threads);
    return;
  }
  const [{ createRequire }, { dirname, join, sep }] = await Promise.all([
    import('node:module'),
    import('node:path'),
  ]);
  const main = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm');
  setWasmPaths(join(dirname(main), '../wasm-out') + sep);
}
