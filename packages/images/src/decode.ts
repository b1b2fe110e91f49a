import { DataError } from '@pullback/core';
import { type DecodedPng, decode as decodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import type { Picture } from './image.ts';

/**
 * The pixels of a PNG or JPEG file, [height, width, channels]: 1 for grey, 2 with transparency, 3 for colours, 4 with transparency. Palettes become
 * colours. Bytes are uint8, those of 16 bits int32.
 * @throws DataError for another format or a damaged file.
 */
export function decodeImage(bytes: Uint8Array): Picture {
  const starts = (...signature: readonly number[]) => signature.every((byte, i) => bytes[i] === byte);
  try {
    if (starts(0x89, 0x50, 0x4e, 0x47)) return ofPng(decodePng(bytes));
    if (starts(0xff, 0xd8, 0xff)) return ofJpeg(bytes);
  } catch (error) {
    throw new DataError({
      got: `an image that cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      expected: 'a whole PNG or JPEG file',
    });
  }
  throw new DataError({
    got: `a file of ${bytes.length} bytes that begins with ${[...bytes.subarray(0, 4)].map((byte) => byte.toString(16)).join(' ') || 'nothing'}`,
    expected: 'a PNG or JPEG file',
  });
}

function ofPng({ width, height, channels, depth, data, palette }: DecodedPng): Picture {
  if (palette !== undefined) return ofPalette({ width, height, depth, data }, palette);
  const values = depth < 8 ? unpacked({ width: width * channels, height, depth, data }) : data;
  const most = 2 ** depth - 1;
  if (depth === 16)
    return { shape: [height, width, channels], dtype: 'int32', data: Int32Array.from(values) };
  const scaled = most === 255 ? Uint8Array.from(values) : Uint8Array.from(values, (x) => (x * 255) / most);
  return { shape: [height, width, channels], dtype: 'uint8', data: scaled };
}

interface Packed {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly data: ArrayLike<number>;
}

/** Numbers of 1, 2, 4 or 8 bits, whose lines begin with whole bytes. */
function unpacked({ width, height, depth, data }: Packed): Uint8Array {
  const line = Math.ceil((width * depth) / 8);
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const [row, bit] = [Math.floor(i / width), (i % width) * depth];
    const byte = data[row * line + (bit >> 3)] ?? 0;
    return (byte >> (8 - depth - (bit & 7))) & (2 ** depth - 1);
  });
}

function ofPalette(packed: Packed, palette: readonly (readonly number[])[]): Picture {
  const { width, height } = packed;
  const channels = Math.max(3, ...palette.map((color) => color.length));
  const places = unpacked(packed);
  const data = new Uint8Array(places.length * channels);
  places.forEach((place, i) => {
    data.set(palette[place] ?? [], i * channels);
  });
  return { shape: [height, width, channels], dtype: 'uint8', data };
}

function ofJpeg(bytes: Uint8Array): Picture {
  const { width, height, data } = jpeg.decode(bytes, { useTArray: true, formatAsRGBA: false });
  return {
    shape: [height, width, data.length / (width * height)],
    dtype: 'uint8',
    data: new Uint8Array(data),
  };
}
