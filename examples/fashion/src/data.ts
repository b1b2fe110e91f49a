import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Bytes, readIdx } from '@pullback-examples/mnist/idx';

const folder = process.env['FASHION_MNIST'] ?? '/usr/share/datasets/fashion-mnist';
const described = '/usr/share/doc/dataset-fashion-mnist/README.md.gz';

export interface Clothes {
  readonly images: Bytes;
  readonly labels: Bytes;
}

/** The 60,000 pictures of clothes to train on and the 10,000 to test with. Source: Xiao et al. 2017. */
export function loadFashion(): { readonly train: Clothes; readonly test: Clothes } {
  if (!existsSync(join(folder, 'train-images-idx3-ubyte.gz'))) {
    console.error(`Fashion-MNIST is not in ${folder}.
Debian and Ubuntu have it: apt-get install dataset-fashion-mnist. Elsewhere put its four .gz files
(train-images-idx3-ubyte.gz, ...) into a folder, and say FASHION_MNIST=that/folder.`);
    process.exit(1);
  }
  const read = (name: string): Clothes => ({
    images: readIdx(join(folder, `${name}-images-idx3-ubyte.gz`)),
    labels: readIdx(join(folder, `${name}-labels-idx1-ubyte.gz`)),
  });
  return { train: read('train'), test: read('t10k') };
}

/** Networks and their test accuracies in the list that comes with the data, best first; none where only the data are. */
export function baselines(): readonly (readonly [name: string, accuracy: number])[] {
  if (!existsSync(described)) return [];
  const lines = gunzipSync(readFileSync(described)).toString('utf8').split('\n');
  return lines
    .flatMap((line): [string, number][] => {
      const [, name = '', , accuracy = ''] = line.split('|').map((cell) => cell.trim());
      return /^0\.\d+$/.test(accuracy) ? [[name, Number(accuracy)]] : [];
    })
    .sort(([, a], [, b]) => b - a);
}
