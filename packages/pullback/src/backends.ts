import { type Backend, field, parts, UnknownNameError, UnsupportedError } from '@pullback/core';
import { type Asked, chosen } from './auto.ts';
import { whyNoWasm } from './why-no-wasm.ts';
import { whyNoWebGpu } from './why-no-webgpu.ts';

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
 * `auto` is the fastest that the machine has: webgpu on a real GPU; native where koffi and a C compiler are and a call is long enough to be worth compiling
 * C; else wasm where it has SIMD and may be compiled, else the reference.
 */
export type BackendName = keyof typeof loaders | 'auto';

export interface BackendChoice extends Partial<Asked> {
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
  { dtype = 'float32', operations, options }: BackendChoice = {},
): Promise<Backend> {
  if (typeof named !== 'string') return named;
  if (named === 'auto') return chosen({ dtype, operations }, loaders);
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
