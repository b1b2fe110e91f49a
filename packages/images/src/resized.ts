import { allocateArray, OptionError, type TensorLike } from '@pullback/core';
import { type Picture, pictureOf } from './image.ts';

/**
 * A picture of other extents, by straight lines between centres of pixels; where it shrinks, by triangles as wide as a new pixel, so that nothing is
 * skipped. The numbers are those of `jax.image.resize` with 'bilinear'.
 * @throws OptionError for extents that are none; ShapeError for what is no picture.
 */
export function resized(
  like: TensorLike,
  [height, width]: readonly [height: number, width: number],
): Picture {
  const picture = pictureOf(like);
  const [rows, columns, channels] = picture.shape;
  if (![height, width].every((n) => Number.isSafeInteger(n) && n >= 1) || rows * columns === 0)
    throw new OptionError({
      got: `${rows} x ${columns} pixels as ${height} x ${width}`,
      expected: 'extents from 1 up',
    });
  if (rows === height && columns === width) return picture;
  const tall = along(Float64Array.from(picture.data), {
    outer: 1,
    extent: rows,
    inner: columns * channels,
    wanted: height,
  });
  const numbers = along(tall, { outer: height, extent: columns, inner: channels, wanted: width });
  const data = allocateArray(picture.dtype, numbers.length);
  const whole = picture.dtype === 'uint8' || picture.dtype === 'int32';
  data.set(whole ? numbers.map(Math.round) : numbers);
  return { shape: [height, width, channels], dtype: picture.dtype, data };
}

interface Axis {
  readonly outer: number;
  readonly extent: number;
  readonly inner: number;
  readonly wanted: number;
}

function along(from: Float64Array, { outer, extent, inner, wanted }: Axis): Float64Array {
  const step = extent / wanted;
  const reach = Math.max(1, step);
  const made = new Float64Array(outer * wanted * inner);
  for (let i = 0; i < wanted; i++) {
    const center = (i + 0.5) * step - 0.5;
    const first = Math.max(0, Math.ceil(center - reach));
    const last = Math.min(extent - 1, Math.floor(center + reach));
    const weights = Array.from({ length: last - first + 1 }, (_, k) =>
      Math.max(0, 1 - Math.abs(first + k - center) / reach),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    for (let o = 0; o < outer; o++)
      for (let k = 0; k < inner; k++) {
        const sum = weights.reduce(
          (all, weight, at) => all + weight * (from[(o * extent + first + at) * inner + k] ?? 0),
          0,
        );
        made[(o * wanted + i) * inner + k] = sum / total;
      }
  }
  return made;
}
