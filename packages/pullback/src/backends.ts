import { type Backend, UnknownNameError } from '@pullback/core';

/** The backends that are loaded when they are named. */
const loaders = {
  cpu: async () => (await import('@pullback/backend-cpu')).cpu(),
  wasm: async () => (await import('@pullback/backend-wasm')).wasm(),
} as const satisfies Record<string, () => Promise<Backend>>;

/** `auto` is the fastest that the machine has: wasm where SIMD is there, else the reference. */
export type BackendName = keyof typeof loaders | 'auto';

/** The backend of that name, loaded; an object is taken as it is. @throws UnknownNameError */
export async function backendOf(named: Backend | BackendName): Promise<Backend> {
  if (typeof named !== 'string') return named;
  if (named === 'auto') return hasSimd() ? loaders.wasm() : loaders.cpu();
  const load = Object.hasOwn(loaders, named) ? loaders[named] : undefined;
  if (load === undefined) throw new UnknownNameError('backend', named, [...Object.keys(loaders), 'auto']);
  return load();
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
