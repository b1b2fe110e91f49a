import { type Backend, UnknownNameError, UnsupportedError } from '@pullback/core';

/** The backends that are loaded when they are named. */
const loaders = {
  cpu: async () => (await import('@pullback/backend-cpu')).cpu(),
  wasm: async () => (await import('@pullback/backend-wasm')).wasm(),
} as const satisfies Record<string, () => Promise<Backend>>;

/** `auto` is the fastest that the machine has: wasm where it may be compiled and has SIMD, else the reference. */
export type BackendName = keyof typeof loaders | 'auto';

/**
 * The backend of that name, loaded; an object is taken as it is. Where a page's policy forbids what `auto` would take, a warning says so, once.
 * @throws UnknownNameError, and UnsupportedError for one that cannot be used here.
 */
export async function backendOf(named: Backend | BackendName): Promise<Backend> {
  if (typeof named !== 'string') return named;
  if (named === 'auto') return automatic();
  const load = Object.hasOwn(loaders, named) ? loaders[named] : undefined;
  if (load === undefined) throw new UnknownNameError('backend', named, [...Object.keys(loaders), 'auto']);
  const why = await whyNoBackend(named);
  if (why !== undefined)
    throw new UnsupportedError({
      got: `the backend '${named}' where it cannot be used: ${why}`,
      expected: "one that can, such as 'cpu'",
      hint: "'auto' takes the fastest that can be used.",
    });
  return load();
}

/** Why the backend of that name cannot be used here; undefined where it can. */
export async function whyNoBackend(name: Exclude<BackendName, 'auto'>): Promise<string | undefined> {
  return name === 'wasm' ? whyNoWasm() : undefined;
}

let warned = false;

function automatic(): Promise<Backend> {
  const why = whyNoWasm();
  if (why === undefined) return loaders.wasm();
  if (!warned && why === forbidden)
    console.warn(`Pullback computes on the backend cpu, which is slow: ${why}.`);
  warned = true;
  return loaders.cpu();
}

const forbidden =
  "the page's Content-Security-Policy forbids WebAssembly; its script-src must allow 'wasm-unsafe-eval'";

let known: { readonly why: string | undefined } | undefined;

/** Found by compiling, once, the smallest module with a 128-bit constant: a policy forbids that, and not to validate. */
function whyNoWasm(): string | undefined {
  known ??= { why: probe() };
  return known.why;
}

function probe(): string | undefined {
  if (typeof WebAssembly !== 'object') return 'there is no WebAssembly';
  const body = [0, 0xfd, 12, ...new Array<number>(16).fill(0), 0x1a, 0x0b];
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const sections = [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, body.length + 2, 1, body.length];
  const bytes = Uint8Array.from([...header, ...sections, ...body]);
  if (!WebAssembly.validate(bytes)) return 'WebAssembly has no SIMD';
  try {
    new WebAssembly.Module(bytes);
    return undefined;
  } catch {
    return forbidden;
  }
}
