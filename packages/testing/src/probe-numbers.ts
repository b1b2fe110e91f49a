import { type DType, isFloat, type Tensor, type TensorSpec, tensorOf } from '@pullback/core';

const specialFloats = [
  0,
  -0,
  1,
  -1,
  0.5,
  -2.5,
  3.75,
  1e-40,
  1e30,
  -1e30,
  88,
  -103,
  Number.NaN,
  Infinity,
  -Infinity,
  2.5,
  17,
];
const specialIntegers = [2147483647, -2147483648, 0, 65537];

/** Numbers of a dtype, the special ones among them: infinities, NaN, denormals, the largest integers, indices out of range. */
export function numbersFor({ shape, dtype }: TensorSpec, offset: number): Tensor {
  const tensor = tensorOf({ shape, dtype });
  const next = (at: number): number => {
    switch (dtype) {
      case 'bool':
        return (at * 5) % 3 === 0 ? 1 : 0;
      case 'uint8':
        return (at * 37) % 256;
      case 'int32':
        return at % 9 === 0 ? (specialIntegers[at % 4] ?? 0) : ((at * 31) % 11) - 4;
      case 'float32':
      case 'float64':
        return at % 3 === 0 ? (specialFloats[at % specialFloats.length] ?? 0) : 3 * Math.sin(at);
    }
  };
  for (let i = 0; i < tensor.data.length; i++) tensor.data[i] = next(i * 7 + offset);
  return tensor;
}

const floats = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1.5,
  2.5,
  -2.5,
  0.3,
  -0.3,
  2 ** 31,
  -(2 ** 31),
  2 ** 32 + 5,
  16777217,
  255.5,
  -1e-40,
  5e-324,
  1e30,
  -1e38,
  88.5,
  -104,
  Number.NaN,
  Infinity,
  -Infinity,
];
const integers = [
  0,
  1,
  -1,
  2,
  -2,
  3,
  7,
  -7,
  255,
  256,
  65537,
  -65536,
  2 ** 31 - 1,
  -(2 ** 31),
  2 ** 30,
  46341,
];

/** The numbers of a dtype that go wrong first: zeros of both signs, halves, the ends of every dtype, NaN and infinities. */
export function specialsOf(dtype: DType): readonly number[] {
  if (isFloat(dtype)) return floats;
  return dtype === 'int32' ? integers : dtype === 'bool' ? [0, 1] : [0, 1, 2, 127, 128, 254, 255];
}

/** Every number with every other: the first of all pairs, and the second. */
export function crossed(dtype: DType): readonly [Tensor, Tensor] {
  const all = specialsOf(dtype);
  const spec = { shape: [all.length ** 2], dtype };
  const [a, b] = [tensorOf(spec), tensorOf(spec)];
  all.forEach((x, i) => {
    all.forEach((y, k) => {
      a.data[i * all.length + k] = x;
      b.data[i * all.length + k] = y;
    });
  });
  return [a, b];
}

/** Numbers with a few decimals of size about 1, of which no sum overflows. */
export function tameNumbers(spec: TensorSpec, offset: number): Tensor {
  const tensor = tensorOf(spec);
  for (let i = 0; i < tensor.data.length; i++)
    tensor.data[i] = isFloat(spec.dtype)
      ? Math.sin(7 * i + offset)
      : spec.dtype === 'bool'
        ? (i * 5 + offset) % 2
        : (i * 31 + offset) % 11;
  return tensor;
}
