import { OptionError } from '../errors.ts';

export const dtypes = ['float32', 'float64', 'int32', 'bool', 'uint8'] as const;

/** The element types. `uint8` is storage only: bytes are kept as bytes and cast before they are computed with. */
export type DType = (typeof dtypes)[number];

export function isDType(given: unknown): given is DType {
  return dtypes.some((dtype) => dtype === given);
}

/** The dtypes that have gradients. */
export type FloatDType = 'float32' | 'float64';

/** Shape and dtype: all that is known of a tensor before it is computed. */
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** Where the elements of a tensor live on the host; `bool` is kept as bytes 0 and 1. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Uint8Array;

/** Numbers on the host: row-major elements with a shape and a dtype. */
export interface Tensor extends TensorSpec {
  readonly data: TypedArray;
}

export function isFloat(dtype: DType): dtype is FloatDType {
  return dtype === 'float32' || dtype === 'float64';
}

interface ArrayOf {
  new (length: number): TypedArray;
  new (buffer: ArrayBufferLike, offset: number, length: number): TypedArray;
  readonly BYTES_PER_ELEMENT: number;
}

/** The array that holds the elements of each dtype on the host. */
const arrays: Readonly<Record<DType, ArrayOf>> = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  bool: Uint8Array,
  uint8: Uint8Array,
};

/** A zeroed array of `length` elements of `dtype`. @throws OptionError for more than the engine has room for. */
export function allocateArray(dtype: DType, length: number): TypedArray {
  try {
    return new arrays[dtype](length);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new OptionError({
      got: `${length} elements of ${dtype}`,
      expected: 'as many as fit into one array of this engine',
      hint: 'Smaller shapes or batches.',
    });
  }
}

/** The `length` elements of `dtype` from byte `offset` of a buffer on. */
export function arrayOn(buffer: ArrayBufferLike, dtype: DType, length: number, offset = 0): TypedArray {
  return new arrays[dtype](buffer, offset, length);
}

/** Bytes of one element. */
export function bytesOf(dtype: DType): number {
  return arrays[dtype].BYTES_PER_ELEMENT;
}

/** Writes `data` into the array of a tensor of `dtype`: a bool becomes 0 or 1, integers are taken modulo their size. */
export function store(dtype: DType, into: TypedArray, data: TypedArray): void {
  if (dtype !== 'bool') into.set(data);
  else for (let i = 0; i < data.length; i++) into[i] = data[i] === 0 ? 0 : 1;
}

/** The number that `x` becomes when it is stored as `dtype`: nearest float, truncated integer modulo 2^32, or 0 and 1. */
export function roundTo(dtype: DType, x: number): number {
  switch (dtype) {
    case 'float32':
      return Math.fround(x);
    case 'float64':
      return x;
    case 'int32':
      return x | 0;
    case 'uint8':
      return x & 255;
    case 'bool':
      return x === 0 ? 0 : 1;
    default:
      return dtype satisfies never;
  }
}
