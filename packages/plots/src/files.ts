import { writeFile } from 'node:fs/promises';
import { OptionError } from '@pullback/core';
import type { Picture } from './picture.ts';

export { type TensorBoardOptions, tensorBoard } from './tensorboard/callback.ts';

/** Writes a picture as its name says: `.svg` or `.png`. @throws OptionError for another ending. */
export async function savePicture(path: string, picture: Picture): Promise<void> {
  if (path.endsWith('.svg')) await writeFile(path, picture.toSvg());
  else if (path.endsWith('.png')) await writeFile(path, picture.toPng());
  else throw new OptionError({ got: `the file '${path}'`, expected: 'a name that ends in .svg or .png' });
}
