import {
  checkOptions,
  type FieldsOf,
  field,
  formatShape,
  ShapeError,
  type TensorLike,
  tensor,
} from '@pullback/core';
import type { Picture } from './image.ts';

export interface MosaicOptions {
  /** The axis along which pictures lie: 0 for samples, -1 for the channels of feature maps or the filters of a kernel; 0 when left out. */
  readonly axis?: number;
  /** How many stand in a line; about as many as there are lines when left out. */
  readonly columns?: number;
  /** Pixels between them; 1 when left out. */
  readonly gap?: number;
  /** How many pixels wide and high each number is; 1 when left out. */
  readonly zoom?: number;
  /** Whether each has black and white of its own, instead of all together; false when left out. */
  readonly each?: boolean;
}

const count = field.whole({ from: 1 });
const mosaicFields = {
  axis: field.whole(),
  columns: count,
  gap: field.whole({ from: 0 }),
  zoom: count,
  each: field.flag(),
} satisfies FieldsOf<MosaicOptions>;

/**
 * Many pictures as one, side by side, from 0 for black to 1 for white: samples [n, height, width], or with 1 or 3 channels behind; along the last axis feature maps
 * [height, width, c] and kernels [height, width, 1 or 3, c].
 * @throws ShapeError for what are no pictures; OptionError.
 */
export function mosaic(like: TensorLike, options: MosaicOptions = {}): Picture {
  const {
    axis = 0,
    gap = 1,
    zoom = 1,
    each = false,
    ...wanted
  } = checkOptions('mosaic', options, mosaicFields);
  const { shape, data } = tensor(like);
  const own = axis < 0 ? shape.length + axis : axis;
  const [height = 0, width = 0, channels = 1] = shape.filter((_, i) => i !== own);
  const pictures = shape[own] ?? 0;
  if (own < 0 || own >= shape.length || shape.length < 3 || shape.length > 4 || ![1, 3].includes(channels))
    throw new ShapeError({
      got: `${formatShape(shape)} along axis ${axis}`,
      expected: 'pictures of [height, width], or with 1 or 3 channels, along one axis more',
    });
  const columns = Math.min(wanted.columns ?? Math.ceil(Math.sqrt(pictures)), Math.max(1, pictures));
  const lines = Math.ceil(pictures / columns);
  const [down, across] = [height * zoom + gap, width * zoom + gap];
  const extents = [Math.max(0, lines * down - gap), Math.max(0, columns * across - gap), channels] as const;
  const result = new Float32Array(extents[0] * extents[1] * channels);
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((n, extent) => n * extent, 1));
  const inner = strides.filter((_, i) => i !== own);
  const read = (picture: number, y: number, x: number, c: number) =>
    Number(
      data[picture * (strides[own] ?? 0) + y * (inner[0] ?? 0) + x * (inner[1] ?? 0) + c * (inner[2] ?? 0)] ??
        0,
    );
  const numbersOf = (picture: number) =>
    Array.from({ length: height * width * channels }, (_, i) =>
      read(picture, Math.floor(i / (width * channels)), Math.floor(i / channels) % width, i % channels),
    );
  const all = each ? undefined : rangeOf(Array.from(data, Number));
  for (let picture = 0; picture < pictures; picture++) {
    const numbers = numbersOf(picture);
    const { low, size } = all ?? rangeOf(numbers);
    const [top, left] = [Math.floor(picture / columns) * down, (picture % columns) * across];
    for (let y = 0; y < height * zoom; y++)
      for (let x = 0; x < width * zoom; x++)
        for (let c = 0; c < channels; c++) {
          const number = numbers[(Math.floor(y / zoom) * width + Math.floor(x / zoom)) * channels + c] ?? 0;
          result[((top + y) * extents[1] + left + x) * channels + c] = size > 0 ? (number - low) / size : 0;
        }
  }
  return { shape: extents, dtype: 'float32', data: result };
}

function rangeOf(numbers: readonly number[]): { readonly low: number; readonly size: number } {
  let [low, high] = [Infinity, -Infinity];
  for (const x of numbers) if (Number.isFinite(x)) [low, high] = [Math.min(low, x), Math.max(high, x)];
  return { low, size: high - low };
}
