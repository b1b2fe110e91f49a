import { allocateArray, type DType, roundTo, type TensorSpec, type TypedArray } from './dtype.ts';
import { DataError, DTypeError, ShapeError } from './errors.ts';
import { checkShape, formatShape, type Shape, sameShape, sizeOf } from './shape.ts';

/** Numbers on the host: row-major elements with a shape and a dtype. */
export interface Tensor extends TensorSpec {
  readonly data: TypedArray;
}

/** Numbers nested in arrays, all branches of one length. */
export type Nested = number | boolean | readonly Nested[];

/** What is taken wherever numbers are wanted: a tensor, a typed array with a shape, nested arrays, a number. */
export type TensorLike = Tensor | { readonly shape: Shape; readonly data: TypedArray } | TypedArray | Nested;

export function isTypedArray(data: unknown): data is TypedArray {
  return (
    data instanceof Float32Array ||
    data instanceof Float64Array ||
    data instanceof Int32Array ||
    data instanceof Uint8Array
  );
}

/** The dtype that a typed array stores. */
export function dtypeOf(data: TypedArray): DType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  return data instanceof Int32Array ? 'int32' : 'uint8';
}

function isNestedArray(data: TensorLike): data is readonly Nested[] {
  return Array.isArray(data);
}

/**
 * A tensor of anything tensor-like. The elements are shared when no conversion is needed, else copied.
 * @param options `shape`, and the wanted `dtype`: without one a typed array keeps its own and plain numbers become float32.
 * @throws ShapeError when the elements do not fill the shape or nested arrays are ragged.
 * @throws DataError when an element is no number.
 */
export function tensor(like: TensorLike, options: { shape?: Shape; dtype?: DType } = {}): Tensor {
  const { shape: ownShape, dtype: ownDType, data } = read(like);
  const shape = options.shape ?? ownShape;
  checkShape(shape);
  if (sizeOf(shape) !== data.length)
    throw new ShapeError({
      got: `${data.length} elements`,
      expected: `${sizeOf(shape)}, to fill ${formatShape(shape)}`,
    });
  const dtype = options.dtype ?? ownDType;
  return { shape, dtype, data: stores(dtype, data) ? data : convert(data, dtype) };
}

function stores(dtype: DType, data: TypedArray): boolean {
  return dtypeOf(data) === (dtype === 'bool' ? 'uint8' : dtype) && dtype !== 'bool';
}

function read(like: TensorLike): Tensor {
  if (isTypedArray(like)) return { shape: [like.length], dtype: dtypeOf(like), data: like };
  if (typeof like === 'number' || typeof like === 'boolean' || isNestedArray(like)) return fromNested(like);
  if (typeof like !== 'object' || like === null || !isTypedArray(like.data) || !Array.isArray(like.shape))
    throw new DataError({
      got: describe(like),
      expected: 'numbers: nested arrays, a typed array or { shape, data }',
    });
  return { shape: like.shape, dtype: 'dtype' in like ? like.dtype : dtypeOf(like.data), data: like.data };
}

function describe(like: unknown): string {
  if (like === null || typeof like !== 'object') return String(like);
  return `an object with ${Object.keys(like).join(', ') || 'no properties'}`;
}

function fromNested(nested: Nested): Tensor {
  const shape: number[] = [];
  for (let level: Nested | undefined = nested; Array.isArray(level); level = level[0])
    shape.push(level.length);
  const data = new Float64Array(sizeOf(shape));
  let booleans = data.length > 0;
  let next = 0;
  const visit = (level: Nested | undefined, depth: number): void => {
    if (depth < shape.length) {
      if (!Array.isArray(level) || level.length !== shape[depth])
        throw new ShapeError({
          got: Array.isArray(level) ? `an array of ${level.length}` : String(level),
          expected: `an array of ${shape[depth]} at depth ${depth}, as its first neighbour is`,
          hint: 'Nested arrays must not be ragged.',
        });
      for (const item of level) visit(item, depth + 1);
      return;
    }
    if (typeof level !== 'number' && typeof level !== 'boolean')
      throw new DataError({
        got: Array.isArray(level) ? 'an array' : String(level),
        expected: 'a number in every place',
      });
    booleans &&= typeof level === 'boolean';
    data[next++] = Number(level);
  };
  visit(nested, 0);
  // float64 until `tensor` converts to the dtype that is wanted, so that no number is rounded twice.
  return { shape, dtype: booleans ? 'bool' : 'float32', data };
}

function convert(data: TypedArray, dtype: DType): TypedArray {
  const result = allocateArray(dtype, data.length);
  for (let i = 0; i < data.length; i++) result[i] = roundTo(dtype, data[i] ?? 0);
  return result;
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
