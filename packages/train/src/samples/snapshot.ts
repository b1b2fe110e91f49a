import {
  type DType,
  isTypedArray,
  type Shape,
  sizeOf,
  type TensorLike,
  type TypedArray,
} from '@pullback/core';

/** More elements than this are not compared: to write them costs less. */
const mostCompared = 4096;

/** A tensor-like as it was when it was read: the array, its shape, and its elements where they are few. */
export class Snapshot {
  readonly #source: unknown;
  readonly #shape: Shape | undefined;
  readonly #dtype: DType | undefined;
  #extents: Shape = [];
  #elements: Float64Array | undefined;

  constructor(like: TensorLike | undefined) {
    const wrapped = wrapperOf(like);
    this.#source = wrapped?.data ?? like;
    this.#shape = wrapped && [...wrapped.shape];
    this.#dtype = wrapped?.dtype;
  }

  /** Whether that is the same array, in the same shape; its elements may have changed. */
  isOf(like: TensorLike | undefined): boolean {
    const wrapped = wrapperOf(like);
    if ((wrapped?.data ?? like) !== this.#source || wrapped?.dtype !== this.#dtype) return false;
    if (wrapped === undefined) return this.#shape === undefined;
    const { shape } = wrapped;
    if (shape.length !== this.#shape?.length) return false;
    for (let axis = 0; axis < shape.length; axis++) if (shape[axis] !== this.#shape[axis]) return false;
    return true;
  }

  /** The typed array that is shared with whoever made it, if it is one. */
  get shared(): TypedArray | undefined {
    return isTypedArray(this.#source) ? this.#source : undefined;
  }

  /** Keeps the elements as they are now. @returns false when they are too many. */
  keep(): boolean {
    const source = this.#source;
    if (source === undefined) return true;
    if (!isTypedArray(source)) this.#extents = extentsOf(source);
    const count = isTypedArray(source) ? source.length : sizeOf(this.#extents);
    const kept = this.#elements?.length === count ? this.#elements : undefined;
    this.#elements = count > mostCompared ? undefined : (kept ?? new Float64Array(count));
    if (this.#elements === undefined) return false;
    if (isTypedArray(source)) this.#elements.set(source);
    else fillFrom(source, this.#elements, 0);
    return true;
  }

  /** Whether the elements are those that were kept. */
  get unchanged(): boolean {
    const [source, kept] = [this.#source, this.#elements];
    if (source === undefined) return true;
    if (kept === undefined) return false;
    if (!isTypedArray(source)) return this.#holds(source, 0, 0) === kept.length;
    if (source.length !== kept.length) return false;
    for (let i = 0; i < kept.length; i++) if (!Object.is(source[i], kept[i])) return false;
    return true;
  }

  /** The place after the elements of `nested`, which stands at `depth`; -1 when they, or the arrays that they are in, are others. */
  #holds(nested: unknown, depth: number, at: number): number {
    if (depth === this.#extents.length) {
      const isNumber = typeof nested === 'number' || typeof nested === 'boolean';
      return isNumber && Object.is(Number(nested), this.#elements?.[at]) ? at + 1 : -1;
    }
    if (!Array.isArray(nested) || nested.length !== this.#extents[depth]) return -1;
    let next = at;
    for (let i = 0; i < nested.length && next >= 0; i++) next = this.#holds(nested[i], depth + 1, next);
    return next;
  }
}

function wrapperOf(like: TensorLike | undefined) {
  if (typeof like !== 'object' || like === null || !('shape' in like)) return undefined;
  return { data: like.data, shape: like.shape, dtype: 'dtype' in like ? like.dtype : undefined };
}

function extentsOf(nested: unknown): number[] {
  const extents: number[] = [];
  for (let level: unknown = nested; Array.isArray(level); level = level[0]) extents.push(level.length);
  return extents;
}

function fillFrom(nested: unknown, elements: Float64Array, at: number): number {
  if (!Array.isArray(nested)) {
    // Anything else, such as a typed array, is always read again.
    elements[at] = typeof nested === 'number' || typeof nested === 'boolean' ? Number(nested) : Number.NaN;
    return at + 1;
  }
  let next = at;
  for (const item of nested) next = fillFrom(item, elements, next);
  return next;
}
