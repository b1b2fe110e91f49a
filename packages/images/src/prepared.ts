import { checkOptions, type FieldsOf, field, type TensorLike } from '@pullback/core';
import { inChannels } from './channels.ts';
import { type Picture, pictureOf } from './image.ts';
import { resized } from './resized.ts';

/** How a picture is brought into the shape that a network takes. */
export interface ImageOptions {
  /** Height and width; its own when left out. */
  readonly size?: readonly [height: number, width: number];
  /** 1 for brightness, 3 for colours, 4 with transparency; its own when left out. */
  readonly channels?: 1 | 3 | 4;
}

export const imageFields = {
  size: field.one<readonly [number, number]>(
    '[height, width], whole numbers from 1 up',
    (x) => Array.isArray(x) && x.length === 2 && x.every((n) => Number.isSafeInteger(n) && n >= 1),
  ),
  channels: field.oneOf(1, 3, 4),
} satisfies FieldsOf<ImageOptions>;

/** A picture in the extents and channels that are wanted. @throws OptionError; ShapeError for what is no picture. */
export function prepared(like: TensorLike, options: ImageOptions = {}): Picture {
  const { size, channels } = checkOptions('prepared', options, imageFields);
  const colored = channels === undefined ? pictureOf(like) : inChannels(like, channels);
  return size === undefined ? colored : resized(colored, size);
}
