import type { DType, TypedArray } from '@pullback/core';

// Elements to test with, the same in every run.

/** `count` float32 whose bits are spread evenly over all patterns: every exponent, both signs, NaN, denormals. */
export function everyKind(count: number): Float32Array {
  const bits = Uint32Array.from({ length: count }, (_, i) => Math.imul(i, 0x9e3779b1));
  return new Float32Array(bits.buffer);
}

/** The same of float64. */
export function everyKind64(count: number): Float64Array {
  const bits = Uint32Array.from({ length: 2 * count }, (_, i) => Math.imul(i + 1, 0x9e3779b1) ^ (i << 7));
  return new Float64Array(bits.buffer);
}

/** The `count` float32 around `centre` that follow each other. */
export function neighbours(centre: number, count = 4096): Float32Array {
  const first = Float32Array.of(centre);
  const [middle = 0] = new Int32Array(first.buffer);
  const bits = Int32Array.from({ length: count }, (_, i) => middle - (count >> 1) + i);
  return new Float32Array(bits.buffer);
}

/** `count` numbers from `low` to `high`, evenly. */
export function evenly(low: number, high: number, count = 1 << 16): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => low + ((high - low) * i) / (count - 1));
}

const floats = [
  0,
  1,
  5e-324,
  1e-310,
  2.2250738585072014e-308,
  1e-45,
  1e-40,
  1.17549435e-38,
  0.1,
  0.49999999999999994,
  0.5,
  1,
  1.5,
  2.5,
  3,
  4.9999995,
  5,
  7.5,
  254.9,
  255.5,
  256,
  300,
  8388607.5,
  16777216,
  2147483520,
  2147483647,
  2147483647.5,
  2147483648,
  2147483904,
  4294967040,
  4294967295.5,
  4294967296,
  6442450944,
  1e10,
  2 ** 53,
  1e20,
  3.4028234e38,
  1e300,
  1.7976931348623157e308,
  Number.POSITIVE_INFINITY,
];
const integers = [
  0,
  1,
  2,
  3,
  7,
  127,
  128,
  255,
  256,
  257,
  65535,
  65536,
  12345678,
  2 ** 30,
  2 ** 31 - 1,
  2 ** 31,
];

/** What is hard in every dtype: limits, halves, both zeros, NaN. */
export function hard(dtype: DType): TypedArray {
  const signed = (numbers: readonly number[]) => numbers.flatMap((x) => [x, -x]);
  switch (dtype) {
    case 'float32':
      return Float32Array.from([...signed(floats), Number.NaN]);
    case 'float64':
      return Float64Array.from([...signed(floats), Number.NaN]);
    case 'int32':
      return Int32Array.from(signed(integers));
    case 'uint8':
      return Uint8Array.from({ length: 256 }, (_, i) => i);
    case 'bool':
      return Uint8Array.of(0, 1);
    default:
      return dtype satisfies never;
  }
}

/** Every element of `a` with every one of `b`. */
export function pairs<T extends TypedArray>(a: T, b: T): readonly [TypedArray, TypedArray] {
  const [left, right] = [like(a, a.length * b.length), like(a, a.length * b.length)];
  a.forEach((x, i) => {
    b.forEach((y, j) => {
      left[i * b.length + j] = x;
      right[i * b.length + j] = y;
    });
  });
  return [left, right];
}

function like(array: TypedArray, length: number): TypedArray {
  if (array instanceof Float32Array) return new Float32Array(length);
  if (array instanceof Float64Array) return new Float64Array(length);
  return array instanceof Int32Array ? new Int32Array(length) : new Uint8Array(length);
}
