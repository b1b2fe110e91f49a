/** Digits as bytes, [n, 28, 28], and their labels, [n]. */
export interface Digits {
  readonly images: { readonly shape: readonly number[]; readonly data: Uint8Array };
  readonly labels: { readonly shape: readonly number[]; readonly data: Uint8Array };
}

const pixels = 28 * 28;
const counts = { train: 10_000, test: 2_000 };

let loaded: Promise<{ readonly train: Digits; readonly test: Digits }> | undefined;

/** Some of the MNIST digits, as digits-plugin.ts packs them; loaded once, and again after a failure. */
export function loadDigits(where: URL) {
  loaded ??= load(where).catch((failure: unknown) => {
    loaded = undefined;
    throw failure;
  });
  return loaded;
}

async function load(where: URL) {
  const response = await fetch(where);
  if (!response.ok || response.body === null)
    throw new Error(`The digits could not be loaded: ${response.url} answers ${response.status}.`);
  const unpacked = response.body.pipeThrough(new DecompressionStream('gzip'));
  const bytes = new Uint8Array(await new Response(unpacked).arrayBuffer());
  const wanted = (pixels + 1) * (counts.train + counts.test);
  if (bytes.length !== wanted)
    throw new Error(`The digits could not be read: they are ${bytes.length} bytes and not ${wanted}.`);
  let at = 0;
  const take = (shape: readonly number[]) => {
    const from = at;
    at += shape.reduce((size, extent) => size * extent, 1);
    return { shape, data: bytes.subarray(from, at) };
  };
  const digits = (count: number): Digits => ({ images: take([count, 28, 28]), labels: take([count]) });
  return { train: digits(counts.train), test: digits(counts.test) };
}
