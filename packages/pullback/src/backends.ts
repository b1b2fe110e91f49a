import {
  type Backend,
  type FloatDType,
  field,
  parts,
  UnknownNameError,
  UnsupportedError,
} from '@pullback/core';
import { forbidden, whyNoWasm } from './why-no-wasm.ts';

/** The backends that are loaded when they are named. */
const loaders = {
  cpu: async (options?: Options) => (await import('@pullback/backend-cpu')).cpu(options),
  wasm: async (options?: Options) => (await import('@pullback/backend-wasm')).wasm(options),
  native: async (options?: Options) => (await import('@pullback/backend-native')).native(options),
  webgpu: async (options?: Options) => (await import('@pullback/backend-webgpu')).webgpu(options),
} as const satisfies Record<string, (options?: Options) => Promise<Backend>>;

/** A backend, or its name: names that nothing is called are refused where they are looked up. */
export const backendField = field.either(parts.backend, field.text());

/** As they come from a spec: each backend checks its own. */
type Options = Readonly<Record<string, never>>;

/**
 * `auto` is the fastest that the machine has: webgpu on a real GPU, else wasm where it has SIMD and may be compiled, else the
 * reference.
 */
export type BackendName = keyof typeof loaders | 'auto';

export interface BackendChoice {
  /** The dtype of the computation, when `auto` chooses: a GPU has no float64. float32 when left out. */
  readonly dtype?: FloatDType | undefined;
  /** Those of the backend that is named. */
  readonly options?: Options | undefined;
}

/**
 * The backend of that name, loaded; an object is taken as it is. Where it is a page's policy that leaves `auto` nothing but cpu, a
 * warning names the directive, once.
 * @throws UnknownNameError, and UnsupportedError for one that cannot be used here.
 */
export async function backendOf(
  named: Backend | BackendName,
  { dtype = 'float32', options }: BackendChoice = {},
): Promise<Backend> {
  if (typeof named !== 'string') return named;
  if (named === 'auto') return (dtype === 'float32' ? await onGpu() : undefined) ?? onProcessor();
  const load = Object.hasOwn(loaders, named) ? loaders[named] : undefined;
  if (load === undefined) throw new UnknownNameError('backend', named, [...Object.keys(loaders), 'auto']);
  const why = named === 'wasm' ? whyNoWasm() : undefined;
  if (why !== undefined)
    throw new UnsupportedError({
      got: `the backend 'wasm' where ${why}`,
      expected: 'a place where it can be compiled',
      hint: "The backend 'cpu' needs nothing; 'auto' takes the fastest that can be used.",
    });
  return load(options);
}

/** Why the backend of that name cannot be used here; undefined where it can. */
export async function whyNoBackend(name: Exclude<BackendName, 'auto'>): Promise<string | undefined> {
  if (name === 'wasm') return whyNoWasm();
  if (name === 'native') return (await import('@pullback/backend-native')).whyNoNative();
  return name === 'webgpu' ? whyNoWebGpu() : undefined;
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

async function whyNoWebGpu(): Promise<string | undefined> {
  if (!mayHaveWebGpu()) {
    if (Reflect.get(globalThis, 'isSecureContext') === false)
      return 'there is no WebGPU in a page that did not come by https or from localhost';
    return 'there is no WebGPU';
  }
  const { findAdapter } = await import('@pullback/backend-webgpu');
  return (await findAdapter()) === undefined ? 'WebGPU has no adapter' : undefined;
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

let warned = false;

function onProcessor(): Promise<Backend> {
  const why = whyNoWasm();
  if (why === undefined) return loaders.wasm();
  if (why === forbidden && !warned) {
    warned = true;
    console.warn(`The backend is cpu, which is slow: ${why}.`);
  }
  return loaders.cpu();
}
