import { type FieldsOf, field, OptionError, type TensorLike } from '@pullback/core';
import { type Picture, pictureOf } from './image.ts';

export interface PictureOptions {
  /** The number that becomes black; the least of all when left out, 0 for bytes. */
  readonly low?: number;
  /** The number that becomes white; the largest of all when left out, 255 for bytes. */
  readonly high?: number;
}

export const pictureFields = {
  low: field.number(),
  high: field.number(),
} satisfies FieldsOf<PictureOptions>;

/** A picture of at least one pixel, with 1 to 4 channels. @throws ShapeError, OptionError. */
export function visible(like: TensorLike): Picture {
  const picture = pictureOf(like);
  const [height, width, channels] = picture.shape;
  if (channels < 1 || channels > 4 || height * width === 0)
    throw new OptionError({
      got: `${height} x ${width} pixels of ${channels} channels`,
      expected: 'a picture of at least one pixel, with 1 to 4 channels',
      hint: 'mosaic(x) puts many side by side.',
    });
  return picture;
}

/** Numbers from `low` to `high` as 0 to 255; others are cut off, and NaN is black. */
export function inBytes({ dtype, data }: Picture, options: PictureOptions): Uint8Array {
  const numbers = Array.from(data, Number);
  const finite = numbers.filter(Number.isFinite);
  const bytes = dtype === 'uint8';
  const { low = bytes ? 0 : least(finite, -1), high = bytes ? 255 : -least(finite, 1) } = options;
  const factor = high > low ? 255 / (high - low) : 0;
  return Uint8Array.from(numbers, (x) => {
    const scaled = Math.round((x - low) * factor);
    return Number.isNaN(scaled) ? 0 : Math.min(255, Math.max(0, scaled));
  });
}

/** The least of numbers, or of their opposites for a sign of 1. */
function least(numbers: readonly number[], sign: 1 | -1): number {
  return numbers.reduce((best, x) => Math.min(best, -sign * x), numbers.length === 0 ? 0 : Infinity);
}
