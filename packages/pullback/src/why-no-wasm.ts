/** The message where a page's policy forbids it. */
export const forbidden =
  "the Content-Security-Policy forbids WebAssembly: its script-src must allow 'wasm-unsafe-eval'";

let probed: { readonly why: string | undefined } | undefined;

/**
 * Why WebAssembly with SIMD cannot be used here; undefined where it can. Found by compiling, once, the smallest module with a 128-bit constant:
 * a policy forbids to compile, not to validate.
 */
export function whyNoWasm(): string | undefined {
  probed ??= { why: probe() };
  return probed.why;
}

function probe(): string | undefined {
  const body = [0, 0xfd, 12, ...new Array<number>(16).fill(0), 0x1a, 0x0b];
  const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const sections = [1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, body.length + 2, 1, body.length];
  const bytes = Uint8Array.from([...header, ...sections, ...body]);
  if (typeof WebAssembly !== 'object') return 'there is no WebAssembly';
  if (!WebAssembly.validate(bytes)) return 'WebAssembly has no SIMD';
  try {
    new WebAssembly.Module(bytes);
    return undefined;
  } catch {
    return forbidden;
  }
}
