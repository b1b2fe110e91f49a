import { DataError, DTypeError, ShapeError } from '../errors.ts';
import { checkOptions } from '../options/check-options.ts';
import { anything, list, shown } from '../options/field.ts';
import { dtypeFields } from '../options/op-fields.ts';
import { allocateArray, type DType, dtypes, isDType, type Tensor, type TensorSpec } from './dtype.ts';
import {
  dtypeOf,
  elementsOf,
  isNumberArray,
  isTypedArray,
  type NumberArray,
  ownDTypeOf,
} from './host-arrays.ts';
import { readNested } from './nested.ts';
import { checkShape, formatShape, type Shape, sameShape, sizeOf } from './shape.ts';

/** Numbers nested in arrays, all branches of one length; a branch may be a typed array, a tensor or an image. */
export type Nested = number | boolean | NumberArray | Shaped | Image | readonly Nested[];

/** Numbers in row-major order, with their shape. */
export interface Shaped {
  readonly shape: Shape;
  readonly data: NumberArray | readonly Nested[];
}

/** A picture as canvases and decoders give it, such as an ImageData: [height, width, channels]. */
export interface Image {
  readonly data: NumberArray;
  readonly width: number;
  readonly height: number;
}

/** Numbers in any form that is taken: a tensor, a typed array with a shape, an image, nested arrays, a number. */
export type TensorLike = Tensor | Nested;

/** Extents are examined where the shape is. */
const tensorFields = { ...dtypeFields, shape: list(anything(), { words: 'a shape, such as [3, 2]' }) };

/**
 * A tensor of anything tensor-like. The elements are shared when no conversion is needed, else copied.
 * @param options `shape`, and the wanted `dtype`: without one a typed array keeps its own and plain numbers become float32. Integers of
 * other kinds become uint8 where they are bytes, else int32; float16 becomes float32; those of 64 bits need a dtype.
 * @throws ShapeError when the elements do not fill the shape or nested arrays are ragged.
 * @throws DataError when an element is no number, or one that an integer dtype cannot hold, such as NaN. Fractions are cut off.
 */
export function tensor(like: TensorLike, options: { shape?: Shape; dtype?: DType } = {}): Tensor {
  checkOptions('tensor', options, tensorFields);
  const { shape: ownShape, dtype: ownDType, data } = read(like, options.dtype);
  const shape = options.shape ?? ownShape;
  checkShape(shape);
  if (sizeOf(shape) !== data.length)
    throw new ShapeError({
      got: `${data.length} elements`,
      expected: `${sizeOf(shape)}, to fill ${formatShape(shape)}`,
    });
  const dtype = options.dtype ?? ownDType;
  return { shape, dtype, data: elementsOf(data, dtype, shape) };
}

/** @param wanted the dtype that is wanted in the end: long integers are converted at once. */
function read(like: unknown, wanted?: DType): Tensor {
  if (isNumberArray(like)) {
    const dtype = isTypedArray(like) ? dtypeOf(like) : (wanted ?? ownDTypeOf(like));
    return { shape: [like.length], dtype, data: elementsOf(like, dtype) };
  }
  if (typeof like === 'number' || typeof like === 'boolean')
    return {
      shape: [],
      dtype: typeof like === 'boolean' ? 'bool' : 'float32',
      data: Float64Array.of(Number(like)),
    };
  if (Array.isArray(like)) return readNested(like, (block) => read(block, wanted));
  if (typeof like === 'object' && like !== null) {
    const found = readShaped(like, wanted) ?? readImage(like, wanted);
    if (found !== undefined) return found;
  }
  throw new DataError({
    got: shown(like),
    expected: 'numbers: nested arrays, a typed array, { shape, data } or an image',
  });
}

function readShaped(like: object, wanted: DType | undefined): Tensor | undefined {
  const { shape, data, dtype }: { shape?: unknown; data?: unknown; dtype?: unknown } = like;
  if (!isShape(shape) || !(isNumberArray(data) || Array.isArray(data))) return undefined;
  if (dtype !== undefined && !isDType(dtype))
    throw new DTypeError({ got: shown(dtype), expected: `a tensor of ${dtypes.join(', ')}` });
  if (isNumberArray(data)) {
    const own = isTypedArray(data) ? dtypeOf(data) : (wanted ?? dtype ?? ownDTypeOf(data));
    return { shape, dtype: dtype ?? own, data: elementsOf(data, own, shape) };
  }
  const numbers = readNested(data, (block) => {
    if (isNumberArray(block)) return read(block, wanted ?? dtype);
    throw new DataError({ got: `${shown(block)} inside of { shape, data }`, expected: 'numbers' });
  });
  return { shape, dtype: dtype ?? numbers.dtype, data: numbers.data };
}

function isShape(shape: unknown): shape is Shape {
  return Array.isArray(shape) && shape.every((extent) => typeof extent === 'number');
}

function readImage(like: object, wanted: DType | undefined): Tensor | undefined {
  const { data, width, height }: { data?: unknown; width?: unknown; height?: unknown } = like;
  if (!isNumberArray(data) || typeof width !== 'number' || typeof height !== 'number') return undefined;
  const channels = data.length / (width * height);
  if (!Number.isInteger(channels))
    throw new ShapeError({
      got: `an image of ${data.length} numbers`,
      expected: `a multiple of ${width} x ${height}`,
    });
  return { ...read(data, wanted), shape: [height, width, channels] };
}

/** Refuses data whose shape is not `spec`'s, and converts the elements when their dtype differs. */
export function fit(like: TensorLike, spec: TensorSpec, what: string): Tensor {
  const found = tensor(like, { dtype: spec.dtype });
  if (!sameShape(found.shape, spec.shape))
    throw new ShapeError({
      got: formatShape(found.shape),
      expected: `${what} of shape ${formatShape(spec.shape)}`,
    });
  return found;
}

/** Refuses a dtype that is not among `allowed`. */
export function checkDType(what: string, dtype: DType, allowed: readonly DType[], hint?: string): void {
  if (!allowed.includes(dtype))
    throw new DTypeError({
      got: dtype,
      expected: `${what} of ${allowed.join(' or ')}`,
      ...(hint ? { hint } : {}),
    });
}

/** Zeros of a spec. */
export function tensorOf({ shape, dtype }: TensorSpec): Tensor {
  return { shape, dtype, data: allocateArray(dtype, sizeOf(shape)) };
}
