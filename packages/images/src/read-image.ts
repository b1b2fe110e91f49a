import { readFile, writeFile } from 'node:fs/promises';
import { type TensorLike, within } from '@pullback/core';
import { decodeImage } from './decode.ts';
import { encodePng } from './encode-png.ts';
import type { Picture } from './image.ts';
import type { PictureOptions } from './in-bytes.ts';
import { type ImageOptions, prepared } from './prepared.ts';

/** The pixels of a PNG or JPEG file. @throws DataError that names the file. */
export async function readImage(path: string, options: ImageOptions = {}): Promise<Picture> {
  const bytes = await readFile(path);
  return within(path, () => prepared(decodeImage(bytes), options));
}

/** Writes a picture as a PNG file: weights, feature maps or samples, one by one or as a `mosaic`. @throws ShapeError, OptionError. */
export async function saveImage(path: string, like: TensorLike, options: PictureOptions = {}): Promise<void> {
  await writeFile(path, encodePng(like, options));
}
