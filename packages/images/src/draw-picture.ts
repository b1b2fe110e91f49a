import { checkOptions, DataError, type TensorLike } from '@pullback/core';
import { inChannels } from './channels.ts';
import { inBytes, type PictureOptions, pictureFields, visible } from './in-bytes.ts';

/** A canvas of a page or a worker, not drawn on by WebGL or WebGPU. */
export interface DrawableCanvas {
  width: number;
  height: number;
  getContext(kind: '2d'): unknown;
}

interface Context {
  createImageData(width: number, height: number): { readonly data: Uint8ClampedArray };
  putImageData(image: object, x: number, y: number): void;
}

/**
 * Shows a picture in a page, such as `mosaic(kernels)`: the canvas takes its size, a pixel a number. Numbers from `low` to `high` are 0 to 255; others are cut off, and NaN is black.
 * @throws ShapeError for what is no picture; OptionError for more than 4 channels, or none; DataError for a canvas without a 2d context.
 */
export function drawPicture(canvas: DrawableCanvas, like: TensorLike, options: PictureOptions = {}): void {
  checkOptions('drawPicture', options, pictureFields);
  const picture = visible(like);
  const [height, width] = picture.shape;
  const context = canvas.getContext('2d');
  if (!canShow(context))
    throw new DataError({
      got: 'a canvas without a 2d context',
      expected: 'one that was not drawn on by WebGL or WebGPU',
    });
  canvas.width = width;
  canvas.height = height;
  const image = context.createImageData(width, height);
  image.data.set(inChannels({ ...picture, dtype: 'uint8', data: inBytes(picture, options) }, 4).data);
  context.putImageData(image, 0, 0);
}

function canShow(given: unknown): given is Context {
  return typeof given === 'object' && given !== null && 'putImageData' in given;
}
