import { type Backend, UnknownNameError } from '@pullback/core';

/** The backends that are loaded when they are named. */
const loaders = {
  cpu: async () => (await import('@pullback/backend-cpu')).cpu(),
  wasm: async () => (await import('@pullback/backend-wasm')).wasm(),
  webgpu: async () => (await import('@pullback/backend-webgpu')).webgpu(),
} as const satisfies Record<string, () => Promise<Backend>>;

/** `auto` is the fastest that the machine has: webgpu on a real GPU, else wasm where SIMD is there, else the reference. */
export type BackendName = keyof typeof loaders | 'auto';

/** The backend of that name, loaded; an object is taken as it is. @throws UnknownNameError */
export async function backendOf(named: Backend | BackendName): Promise<Backend> {
  if (typeof named !== 'string') return named;
  if (named === 'auto') return (await onGpu()) ?? (hasSimd() ? loaders.wasm() : loaders.cpu());
  const load = Object.hasOwn(loaders, named) ? loaders[named] : undefined;
  if (load === undefined) throw new UnknownNameError('backend', named, [...Object.keys(loaders), 'auto']);
  return load();
}

/** A backend on a GPU, undefined where there is none: an adapter that computes on the CPU loses to wasm. Nothing is loaded where there is no WebGPU. */
async function onGpu(): Promise<Backend | undefined> {
  if (!mayHaveWebGpu()) return undefined;
  const { findAdapter, isSoftware, webgpu } = await import('@pullback/backend-webgpu');
  try {
    const adapter = await findAdapter();
    return adapter === undefined || isSoftware(adapter) ? undefined : await webgpu();
  } catch {
    return undefined;
  }
}

/** In Node it is the application that brings WebGPU, as the package `webgpu`. */
function mayHaveWebGpu(): boolean {
  if (typeof navigator === 'object' && 'gpu' in navigator) return true;
  const host: unknown = Reflect.get(globalThis, 'process');
  if (!isNode(host)) return false;
  try {
    host.getBuiltinModule('module').createRequire(`${host.cwd()}/`).resolve('webgpu');
    return true;
  } catch {
    return false;
  }
}

interface NodeProcess {
  cwd(): string;
  getBuiltinModule(name: 'module'): {
    createRequire(from: string): { resolve(name: string): string };
  };
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
