import { OptionError } from '../errors.ts';

/** The element types. `uint8` is storage only: bytes are kept as bytes and cast before they are computed with. */
export type DType = 'float32' | 'float64' | 'int32' | 'bool' | 'uint8';

export const dtypes = ['float32', 'float64', 'int32', 'bool', 'uint8'] as const satisfies readonly DType[];

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

/** A zeroed array of `length` elements of `dtype`. @throws OptionError for more than the engine has room for. */
export function allocateArray(dtype: DType, length: number): TypedArray {
  try {
    return zeros(dtype, length);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new OptionError({
      got: `${length} elements of ${dtype}`,
      expected: 'as many as fit into one array of this engine',
      hint: 'Smaller shapes or batches.',
    });
  }
}

function zeros(dtype: DType, length: number): TypedArray {
  switch (dtype) {
    case 'float32':
      return new Float32Array(length);
    case 'float64':
      return new Float64Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'bool':
    case 'uint8':
      return new Uint8Array(length);
    default:
      return dtype satisfies never;
  }
}

/** Bytes of one element. */
export function bytesOf(dtype: DType): number {
  return dtype === 'float64' ? 8 : dtype === 'bool' || dtype === 'uint8' ? 1 : 4;
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
