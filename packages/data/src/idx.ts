import { allocateArray, DataError, type DType, sizeOf, type Tensor } from '@pullback/core';

interface Kind {
  readonly dtype: DType;
  readonly bytes: number;
  read(view: DataView, at: number): number;
}

/** The elements by their code, the third byte of a file. */
const kinds: ReadonlyMap<number, Kind> = new Map([
  [0x08, { dtype: 'uint8', bytes: 1, read: (view, at) => view.getUint8(at) }],
  [0x09, { dtype: 'int32', bytes: 1, read: (view, at) => view.getInt8(at) }],
  [0x0b, { dtype: 'int32', bytes: 2, read: (view, at) => view.getInt16(at) }],
  [0x0c, { dtype: 'int32', bytes: 4, read: (view, at) => view.getInt32(at) }],
  [0x0d, { dtype: 'float32', bytes: 4, read: (view, at) => view.getFloat32(at) }],
  [0x0e, { dtype: 'float64', bytes: 8, read: (view, at) => view.getFloat64(at) }],
]);

/**
 * A file in the format of MNIST: two zeros, a code of the elements, the rank, the extents as big-endian 32-bit integers, the elements, big-endian too.
 * Smaller integers than int32 that have a sign become int32.
 * @param file its bytes, not compressed.
 * @throws DataError for another format, and where elements are missing or left over; nothing is allocated before.
 */
export function readIdx(file: ArrayBuffer | Uint8Array): Tensor {
  if (!(file instanceof ArrayBuffer || file instanceof Uint8Array))
    throw new DataError({ got: typeof file, expected: 'the bytes of a file' });
  const view = ArrayBuffer.isView(file)
    ? new DataView(file.buffer, file.byteOffset, file.byteLength)
    : new DataView(file);
  const [zeros, code, rank] =
    view.byteLength < 4 ? [] : [view.getUint16(0), view.getUint8(2), view.getUint8(3)];
  const kind = kinds.get(code ?? 0);
  const start = 4 + 4 * (rank ?? 0);
  if (zeros === 0x1f8b)
    throw new DataError({
      got: 'a file compressed by gzip',
      expected: 'the file itself',
      hint: "In Node gunzipSync gives it, elsewhere new DecompressionStream('gzip').",
    });
  if (zeros !== 0 || kind === undefined || view.byteLength < start)
    throw new DataError({ got: `${view.byteLength} bytes that begin otherwise`, expected: 'an idx file' });
  const shape = Array.from({ length: (start - 4) / 4 }, (_, i) => view.getUint32(4 + 4 * i));
  const size = sizeOf(shape);
  if (view.byteLength !== start + size * kind.bytes)
    throw new DataError({
      got: `${view.byteLength - start} bytes of elements`,
      expected: `${size * kind.bytes}, by the header`,
    });
  const data = allocateArray(kind.dtype, size);
  for (let i = 0; i < size; i++) data[i] = kind.read(view, start + i * kind.bytes);
  return { shape, dtype: kind.dtype, data };
}
