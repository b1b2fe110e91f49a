import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  allocateArray,
  checkOptions,
  DataError,
  type FieldsOf,
  field,
  OptionError,
  RandomStream,
  type Tensor,
  within,
} from '@pullback/core';
import type { Picture } from './image.ts';
import { type ImageOptions, imageFields } from './prepared.ts';
import { readImage } from './read-image.ts';

export interface FolderOptions extends ImageOptions {
  /** 32 when left out. */
  readonly batchSize?: number;
  /** Another order for every epoch, by the seed; true when left out. */
  readonly shuffle?: boolean;
  readonly seed?: number;
  /** A function of each picture on its way: an augmentation, say. The stream of numbers is its own in every epoch. */
  readonly map?: (picture: Picture, random: RandomStream) => Picture;
}

const folderFields = {
  ...imageFields,
  batchSize: field.whole({ from: 1 }),
  shuffle: field.flag(),
  seed: field.whole(),
  map: field.callable<NonNullable<FolderOptions['map']>>('a function of a picture'),
} satisfies FieldsOf<FolderOptions>;

/** A picture file with the number of its class. */
interface Labelled {
  readonly path: string;
  readonly label: number;
}

/** Pictures and the numbers of their classes. */
export interface PictureBatch {
  /** [n, height, width, channels]. */
  readonly x: Tensor;
  /** int32 [n]. */
  readonly y: Tensor;
}

/**
 * The pictures in a folder that has a folder for each class: `cats/1.png`, `dogs/1.jpg`. Classes are numbered in the order of their names.
 * @throws DataError for a folder without classes or pictures.
 */
export async function imageFolder(folder: string, options: FolderOptions = {}): Promise<ImageFolder> {
  checkOptions('imageFolder', options, folderFields);
  const entries = await readdir(folder, { withFileTypes: true });
  const classes = entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  const files = await Promise.all(
    classes.map(async (name, label) => {
      const inside = (await readdir(join(folder, name))).sort();
      return inside
        .filter((file) => /\.(png|jpe?g)$/i.test(file))
        .map((file) => ({ path: join(folder, name, file), label }));
    }),
  );
  if (files.flat().length === 0)
    throw new DataError({
      got: `${classes.length === 0 ? 'no folders' : `no pictures in ${classes.join(', ')}`} in ${folder}`,
      expected: 'a folder for each class, with .png, .jpg or .jpeg files',
    });
  return new ImageFolder(classes, files.flat(), options);
}

/** Pictures by class, read batch by batch: a stream that `fit` takes, in another order every time it is gone through. */
export class ImageFolder implements AsyncIterable<PictureBatch> {
  #epoch = 0;
  readonly #files: readonly Labelled[];
  readonly #options: FolderOptions;

  constructor(
    /** The names of the classes, by their numbers. */
    readonly classes: readonly string[],
    files: readonly Labelled[],
    options: FolderOptions,
  ) {
    this.#files = files;
    this.#options = options;
  }

  /** How many pictures there are. */
  get count(): number {
    return this.#files.length;
  }

  /**
   * Two folders: the first without a share of the pictures, drawn by the seed, and the second of these alone.
   * @throws OptionError for a share that leaves one of them empty.
   */
  split(share: number): readonly [ImageFolder, ImageFolder] {
    const second = Math.floor(this.count * share);
    if (!(second >= 1 && second < this.count))
      throw new OptionError({
        got: `a share of ${share} of ${this.count}`,
        expected: 'one that leaves pictures on both sides',
      });
    const order = RandomStream.of(this.#options.seed ?? 0, 'split').permutation(this.count);
    const part = (from: number, to: number) =>
      new ImageFolder(
        this.classes,
        [...order.subarray(from, to)].sort((a, b) => a - b).flatMap((i) => this.#files[i] ?? []),
        this.#options,
      );
    return [part(second, this.count), part(0, second)];
  }

  /** All pictures in memory, in the order of classes and files, as they are. */
  async load(): Promise<PictureBatch> {
    return stacked(await Promise.all(this.#files.map((file) => this.#read(file))));
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<PictureBatch, void> {
    const { batchSize = 32, shuffle = true, seed = 0, map = (picture: Picture) => picture } = this.#options;
    const epoch = this.#epoch++;
    const order = shuffle
      ? RandomStream.of(seed, `epoch/${epoch}`).permutation(this.count)
      : Int32Array.from({ length: this.count }, (_, i) => i);
    const random = RandomStream.of(seed, `map/${epoch}`);
    const batch = (from: number) =>
      Promise.all(
        [...order.subarray(from, from + batchSize)].flatMap((i) => {
          const file = this.#files[i];
          return file === undefined ? [] : [this.#read(file)];
        }),
      );
    let coming = batch(0);
    for (let from = 0; from < this.count; from += batchSize) {
      const read = await coming;
      // The next ones are read while these are learned from.
      if (from + batchSize < this.count) {
        coming = batch(from + batchSize);
        coming.catch(() => {});
      }
      yield stacked(read.map((each) => ({ ...each, picture: map(each.picture, random) })));
    }
  }

  async #read({ path, label }: Labelled): Promise<Read> {
    const { size, channels } = this.#options;
    const picture = await readImage(path, { ...(size && { size }), ...(channels && { channels }) });
    return { path, label, picture };
  }
}

interface Read extends Labelled {
  readonly picture: Picture;
}

/** @throws DataError for pictures of several shapes. */
function stacked(read: readonly Read[]): PictureBatch {
  const { shape, dtype } = read[0]?.picture ?? { shape: [0, 0, 0], dtype: 'uint8' as const };
  const size = shape.reduce((n, extent) => n * extent, 1);
  const data = allocateArray(dtype, read.length * size);
  read.forEach(({ picture, path }, i) => {
    if (picture.shape.join() !== shape.join() || picture.dtype !== dtype)
      throw within(
        path,
        () =>
          new DataError({
            got: `a picture of [${picture.shape.join(', ')}] beside one of [${shape.join(', ')}]`,
            expected: 'one shape for all',
            hint: 'The options size and channels bring all to one.',
          }),
      );
    data.set(picture.data, i * size);
  });
  const y = Int32Array.from(read, ({ label }) => label);
  return {
    x: { shape: [read.length, ...shape], dtype, data },
    y: { shape: [read.length], dtype: 'int32', data: y },
  };
}
