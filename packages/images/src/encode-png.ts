import { checkOptions, type TensorLike } from '@pullback/core';
import { encode } from 'fast-png';
import { inBytes, type PictureOptions, pictureFields, visible } from './in-bytes.ts';

/**
 * A PNG file of a picture: numbers from `low` to `high` as 0 to 255. Other numbers are cut off, and NaN is black.
 * @throws ShapeError for what is no picture; OptionError for more than 4 channels, or none.
 */
export function encodePng(like: TensorLike, options: PictureOptions = {}): Uint8Array {
  checkOptions('encodePng', options, pictureFields);
  const picture = visible(like);
  const [height, width, channels] = picture.shape;
  return encode({ width, height, channels, depth: 8, data: inBytes(picture, options) });
}
