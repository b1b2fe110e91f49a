import { DataError } from '../errors.ts';
import { allocateArray, type DType, roundTo, type TypedArray } from './dtype.ts';
import { placeOf, type Shape } from './shape.ts';

/** Every array of numbers that the language has; Float16Array where the engine has it. */
export type NumberArray =
  | TypedArray
  | Uint8ClampedArray
  | Int8Array
  | Int16Array
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float16Numbers;

/** A Float16Array, for compilers that do not know it. */
interface Float16Numbers extends ArrayLike<number>, ArrayBufferView {
  readonly [Symbol.toStringTag]: 'Float16Array';
}

/** The dtype that holds the numbers of every kind of array; those of long integers where they are in range. */
const dtypes: Readonly<Record<string, DType>> = {
  Float32Array: 'float32',
  Float64Array: 'float64',
  Int32Array: 'int32',
  Uint8Array: 'uint8',
  Uint8ClampedArray: 'uint8',
  Int8Array: 'int32',
  Int16Array: 'int32',
  Uint16Array: 'int32',
  Uint32Array: 'int32',
  BigInt64Array: 'int32',
  BigUint64Array: 'int32',
  Float16Array: 'float32',
};

/** The arrays that tensors are kept in, as they are. */
const storages: readonly string[] = ['Float32Array', 'Float64Array', 'Int32Array', 'Uint8Array'];

/** The name of an array's class, also of one from another realm, such as an iframe or a test's sandbox. */
function kindOf(data: unknown): string {
  return ArrayBuffer.isView(data) ? String(Reflect.get(data, Symbol.toStringTag)) : '';
}

/** Whether a tensor may be kept in it. */
export function isTypedArray(data: unknown): data is TypedArray {
  return storages.includes(kindOf(data));
}

/** Whether it is an array of numbers, of any of the kinds that there are; a DataView is none. */
export function isNumberArray(data: unknown): data is NumberArray {
  return Object.hasOwn(dtypes, kindOf(data));
}

/** The dtype that holds the numbers of an array. */
export function dtypeOf(data: NumberArray): DType {
  return dtypes[kindOf(data)] ?? 'float32';
}

/** The dtype that an array has by itself. @throws DataError for long integers: which of them another dtype holds is for the caller to say. */
export function ownDTypeOf(data: NumberArray): DType {
  const kind = kindOf(data);
  if (kind.startsWith('Big'))
    throw new DataError({
      got: `a ${kind}, which has no dtype here`,
      expected: 'one to be read as',
      hint: "tensor(data, { dtype: 'int32' }) or a float: integers that it does not hold are refused.",
    });
  return dtypeOf(data);
}

/**
 * The numbers of an array as elements of `dtype`, fractions cut off for integers; shared when no conversion is needed, else copied.
 * @param shape what `data` fills, for the place in an error.
 * @throws DataError for a number that `dtype` cannot hold, NaN among integers too.
 */
export function elementsOf(data: NumberArray, dtype: DType, shape: Shape = [data.length]): TypedArray {
  const plain = storageOf(data);
  if (plain !== undefined && dtypeOf(data) === dtype) return plain;
  const result = allocateArray(dtype, data.length);
  const range = rangeOf(data, dtype);
  for (let i = 0; i < data.length; i++) {
    const given = data[i] ?? 0;
    if (range !== undefined && !isWithin(given, range))
      throw new DataError({
        got: `the ${plain === undefined ? `${kindOf(data)}'s ` : ''}number ${given} at ${placeOf(i, shape)}`,
        expected: `numbers from ${range.least} to ${range.most}, which ${dtype} holds`,
      });
    result[i] = roundTo(dtype, Number(given));
  }
  return result;
}

interface Range {
  readonly least: number;
  readonly most: number;
}

/** The whole numbers that `dtype` holds; undefined where it holds whatever may be among `data`. */
function rangeOf(data: NumberArray, dtype: DType): Range | undefined {
  if (dtype === 'int32') return { least: -(2 ** 31), most: 2 ** 31 - 1 };
  if (dtype === 'uint8') return { least: 0, most: 255 };
  return kindOf(data).startsWith('Big') && dtype !== 'bool'
    ? { least: -(2 ** 53), most: 2 ** 53 }
    : undefined;
}

/** Whether a number without its fraction is in a range; a long integer is compared as it is, since as a number it may be rounded into it. */
function isWithin(given: number | bigint, { least, most }: Range): boolean {
  const whole = typeof given === 'bigint' ? given : Math.trunc(given);
  return whole >= least && whole <= most;
}

/** The array, or a view of it, as one that tensors are kept in; undefined where its elements are of another kind. */
function storageOf(data: NumberArray): TypedArray | undefined {
  const kind = kindOf(data);
  // A subclass such as Node's Buffer has a `slice` that shares; a clamped array stores others than its dtype says.
  const bytes = kind === 'Uint8ClampedArray' || (kind === 'Uint8Array' && data.constructor !== Uint8Array);
  if (bytes) return new Uint8Array(data.buffer, data.byteOffset, data.length);
  return isTypedArray(data) ? data : undefined;
}
