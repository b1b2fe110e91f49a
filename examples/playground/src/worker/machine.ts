import { backendOf, whyNoBackend } from 'pullback';
import type { Machine } from '../protocol.ts';

/** What this browser has. Asked in the worker: it may lack what the page has. */
export async function machine(): Promise<Machine> {
  const auto = await backendOf('auto');
  auto.dispose?.();
  const [cpu, wasm, webgpu] = await Promise.all([
    whyNoBackend('cpu'),
    whyNoBackend('wasm'),
    whyNoBackend('webgpu'),
  ]);
  return {
    missing: { cpu, wasm, webgpu },
    adapter: webgpu === undefined ? await adapterInWords() : undefined,
    noThreads: wasm ?? whyNoThreads(),
    cores: navigator.hardwareConcurrency,
    auto: auto.name,
  };
}

async function adapterInWords(): Promise<string | undefined> {
  const info = (await navigator.gpu.requestAdapter())?.info;
  if (info === undefined) return undefined;
  const { vendor, architecture, device, description, isFallbackAdapter } = info;
  const name = [vendor, architecture, device, description].filter((word) => word !== '').join(' ');
  return isFallbackAdapter ? `${name}, which computes on the processor: wasm is faster` : name;
}

function whyNoThreads(): string | undefined {
  return crossOriginIsolated ? undefined : 'the page is not cross-origin isolated';
}
