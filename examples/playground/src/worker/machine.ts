import { backendOf, whyNoBackend } from 'pullback';
import type { Machine } from '../protocol.ts';

/** What this browser has. Asked in the worker: it may lack what the page has. */
export async function machine(): Promise<Machine> {
  const auto = await backendOf('auto');
  auto.dispose?.();
  const [cpu, wasm] = await Promise.all([whyNoBackend('cpu'), whyNoBackend('wasm')]);
  return {
    missing: { cpu, wasm, webgpu: 'this build has no WebGPU backend' },
    webgpu: undefined,
    noThreads: wasm ?? whyNoThreads(),
    cores: navigator.hardwareConcurrency,
    auto: auto.name,
  };
}

function whyNoThreads(): string | undefined {
  if (crossOriginIsolated) return undefined;
  return 'the page is not cross-origin isolated, so there is no SharedArrayBuffer: its server must send Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp';
}
