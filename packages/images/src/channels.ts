import { allocateArray, OptionError, type TensorLike } from '@pullback/core';
import { type Picture, pictureOf } from './image.ts';

/** The shares of red, green and blue in the brightness of a colour. Source: ITU-R BT.601. */
const brightness = [0.299, 0.587, 0.114] as const;

/**
 * A picture with 1, 3 or 4 channels: colours become their brightness, 0.299 r + 0.587 g + 0.114 b, grey becomes three equal colours, and
 * transparency is left out or, for 4, complete where there is none.
 * @throws OptionError for another number; ShapeError for what is no picture.
 */
export function inChannels(like: TensorLike, channels: number): Picture {
  const picture = pictureOf(like);
  const [height, width, own] = picture.shape;
  if (![1, 3, 4].includes(channels) || own < 1 || own > 4)
    throw new OptionError({ got: `${own} channels as ${channels}`, expected: '1 to 4, as 1, 3 or 4' });
  if (own === channels) return picture;
  const { dtype, data } = picture;
  const result = allocateArray(dtype, height * width * channels);
  const round = dtype === 'uint8' || dtype === 'int32' ? Math.round : (x: number) => x;
  const opaque = dtype === 'uint8' ? 255 : dtype === 'int32' ? 65535 : 1;
  for (let i = 0; i < height * width; i++) {
    const at = (k: number) => data[i * own + (own < 3 ? 0 : k)] ?? 0;
    if (channels === 1)
      result[i] = own < 3 ? at(0) : round(brightness.reduce((sum, share, k) => sum + share * at(k), 0));
    else for (let k = 0; k < 3; k++) result[i * channels + k] = at(k);
    if (channels === 4) result[i * 4 + 3] = own === 2 ? (data[i * 2 + 1] ?? 0) : opaque;
  }
  return { shape: [height, width, channels], dtype, data: result };
}
