import {
  DataError,
  field,
  type NumberArray,
  type Shape,
  sizeOf,
  type Tensor,
  tensor,
  within,
} from '@pullback/core';

/** Numbers of weights, as `weights()` gives them or as they come back from JSON, which makes of a typed array an object. */
export interface GivenWeight {
  readonly shape: Shape;
  readonly data: NumberArray | readonly number[] | Readonly<Record<string, number>>;
}

/** Weights by path. */
export type GivenWeights = Readonly<Record<string, GivenWeight>>;

/** A weight as a tensor. @throws DataError, ShapeError with its path. */
export function weightOf(path: string, given: GivenWeight): Tensor {
  return within(path, () => {
    const { shape, data }: { shape?: unknown; data?: unknown } = given ?? {};
    if (!Array.isArray(shape) || typeof data !== 'object' || data === null)
      throw new DataError({ got: field.shown(given), expected: 'a weight: { shape, data }' });
    return tensor({ shape, data: listed(given.data, sizeOf(shape)) });
  });
}

/** The numbers 0 .. size-1 of what JSON made of a typed array, or the array that there is. */
function listed(data: GivenWeight['data'], size: number): NumberArray | readonly number[] {
  if (isList(data)) return data;
  const count = Object.keys(data).length;
  if (count !== size) throw new DataError({ got: `${count} numbers`, expected: String(size) });
  return Array.from({ ...data, length: size });
}

function isList(data: GivenWeight['data']): data is NumberArray | readonly number[] {
  return Array.isArray(data) || ArrayBuffer.isView(data);
}

/** Whether weights were given as an object, and not as a file of any kind. */
export function isJson(source: unknown): source is GivenWeights {
  if (Object.prototype.toString.call(source) !== '[object Object]') return false;
  return !(
    Symbol.asyncIterator in Object(source) ||
    Symbol.iterator in Object(source) ||
    'getReader' in Object(source) ||
    typeof Object(source).range === 'function'
  );
}
