import { type Backend, type FloatDType, UnknownNameError } from '@pullback/core';

/** The backends that are loaded when they are named. */
const loaders = {
  cpu: async () => (await import('@pullback/backend-cpu')).cpu(),
  wasm: async () => (await import('@pullback/backend-wasm')).wasm(),
  webgpu: async () => (await import('@pullback/backend-webgpu')).webgpu(),
} as const satisfies Record<string, () => Promise<Backend>>;

/** `auto` is the fastest that the machine has: webgpu on a real GPU, else wasm where SIMD is there, else the reference. */
export type BackendName = keyof typeof loaders | 'auto';

/**
 * The backend of that name, loaded; an object is taken as it is.
 * @param dtype what will be computed in, when `auto` chooses: a GPU has no float64.
 * @throws UnknownNameError
 */
export async function backendOf(
  named: Backend | BackendName,
  { dtype = 'float32' }: { readonly dtype?: FloatDType | undefined } = {},
): Promise<Backend> {
  if (typeof named !== 'string') return named;
  if (named === 'auto')
    return (dtype === 'float32' ? await onGpu() : undefined) ?? (hasSimd() ? loaders.wasm() : loaders.cpu());
  const load = Object.hasOwn(loaders, named) ? loaders[named] : undefined;
  if (load === undefined) throw new UnknownNameError('backend', named, [...Object.keys(loaders), 'auto']);
  return load();
}

/**
 * A backend on a GPU, which runs on the host what it has no kernel for; undefined where there is none: an adapter that computes on the CPU loses to
 * wasm. Nothing is loaded where there is no WebGPU.
 */
async function onGpu(): Promise<Backend | undefined> {
  if (!mayHaveWebGpu()) return undefined;
  const { findAdapter, isSoftware, webgpu } = await import('@pullback/backend-webgpu');
  try {
    const adapter = await findAdapter();
    if (adapter === undefined || isSoftware(adapter)) return undefined;
    return await webgpu({ fallback: 'cpu' });
  } catch {
    return undefined;
  }
}

/** In Node it is the application that brings WebGPU, as the package `webgpu` in a folder above the one that it runs in. */
function mayHaveWebGpu(): boolean {
  if (typeof navigator === 'object' && 'gpu' in navigator) return true;
  const host: unknown = Reflect.get(globalThis, 'process');
  if (!isNode(host)) return false;
  const { existsSync } = host.getBuiltinModule('fs');
  const { dirname, join } = host.getBuiltinModule('path');
  let folder = host.cwd();
  while (!existsSync(join(folder, 'node_modules', 'webgpu'))) {
    const above = dirname(folder);
    if (above === folder) return false;
    folder = above;
  }
  return true;
}

interface NodeProcess {
  cwd(): string;
  getBuiltinModule(name: 'fs'): { existsSync(path: string): boolean };
  getBuiltinModule(name: 'path'): { dirname(path: string): string; join(...parts: string[]): string };
}

function isNode(host: unknown): host is NodeProcess {
  return (
    typeof host === 'object' && host !== null && 'getBuiltinModule' in host && typeof document !== 'object'
  );
}

/** Whether the smallest module with a 128-bit constant is valid here. */
function hasSimd(): boolean {
  const body = [0, 0xfd, 12, ...new Array<number>(16).fill(0), 0x1a, 0x0b];
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const sections = [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, body.length + 2, 1, body.length];
  return (
    typeof WebAssembly === 'object' &&
    WebAssembly.validate(Uint8Array.from([...header, ...sections, ...body]))
  );
}
