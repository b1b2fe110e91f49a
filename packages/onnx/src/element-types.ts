import { type DType, type FloatDType, UnsupportedError } from '@pullback/core';

/** A float of few bits: 1 + m/2^mantissa times powers of 2 from `lowest` up, at most `largest`. */
export interface SmallFloat {
  readonly bits: number;
  readonly mantissa: number;
  /** The exponent of the smallest normal number. */
  readonly lowest: number;
  readonly largest: number;
  /** The result of rounding a number beyond the range; without an infinity there is NaN, or `largest`. */
  readonly beyond: 'infinity' | 'NaN' | 'largest';
  /** Whether there is a NaN. */
  readonly hasNaN: boolean;
  /** Whether there is one zero: then the pattern of -0 is NaN. */
  readonly oneZero?: boolean;
}

/** An element type of ONNX: what holds it here. */
export type ElementType = {
  readonly name: string;
  /** Its number in TensorProto.DataType. */
  readonly code: number;
} & (
  | { readonly kind: 'float'; readonly double: boolean; readonly small?: SmallFloat }
  | { readonly kind: 'integer'; readonly bits: number; readonly signed: boolean }
  | { readonly kind: 'bool' }
);

const small = (
  bits: number,
  mantissa: number,
  lowest: number,
  largest: number,
  beyond: SmallFloat['beyond'],
  more: { readonly hasNaN?: boolean; readonly oneZero?: boolean } = {},
): SmallFloat => ({ bits, mantissa, lowest, largest, beyond, hasNaN: true, ...more });

const float = (name: string, code: number, format?: SmallFloat): ElementType => ({
  name,
  code,
  kind: 'float',
  double: false,
  ...(format && { small: format }),
});
const integer = (name: string, code: number, bits: number, signed: boolean): ElementType => ({
  name,
  code,
  kind: 'integer',
  bits,
  signed,
});

/** The element types that are read, by name. Source: onnx.proto, TensorProto.DataType; OCP 8-bit floats of 2023. */
export const types = {
  float: float('float', 1),
  uint8: integer('uint8', 2, 8, false),
  int8: integer('int8', 3, 8, true),
  uint16: integer('uint16', 4, 16, false),
  int16: integer('int16', 5, 16, true),
  int32: integer('int32', 6, 32, true),
  int64: integer('int64', 7, 64, true),
  bool: { name: 'bool', code: 9, kind: 'bool' },
  float16: float('float16', 10, small(16, 10, -14, 65504, 'infinity')),
  double: { name: 'double', code: 11, kind: 'float', double: true },
  uint32: integer('uint32', 12, 32, false),
  uint64: integer('uint64', 13, 64, false),
  bfloat16: float('bfloat16', 16, small(16, 7, -126, 255 * 2 ** 120, 'infinity')),
  float8e4m3fn: float('float8e4m3fn', 17, small(8, 3, -6, 448, 'NaN')),
  float8e4m3fnuz: float('float8e4m3fnuz', 18, small(8, 3, -7, 240, 'NaN', { oneZero: true })),
  float8e5m2: float('float8e5m2', 19, small(8, 2, -14, 57344, 'infinity')),
  float8e5m2fnuz: float('float8e5m2fnuz', 20, small(8, 2, -15, 57344, 'NaN', { oneZero: true })),
  uint4: integer('uint4', 21, 4, false),
  int4: integer('int4', 22, 4, true),
  float4e2m1: float('float4e2m1', 23, small(4, 1, 0, 6, 'largest', { hasNaN: false })),
  float8e8m0: float('float8e8m0', 24, small(8, 0, -127, 2 ** 127, 'NaN')),
  uint2: integer('uint2', 25, 2, false),
  int2: integer('int2', 26, 2, true),
} as const satisfies Readonly<Record<string, ElementType>>;

const byCode: ReadonlyMap<number, ElementType> = new Map(
  Object.values(types).map((type): [number, ElementType] => [type.code, type]),
);
const otherwise: Readonly<Record<number, string>> = { 8: 'string', 14: 'complex64', 15: 'complex128' };

/** @throws UnsupportedError for strings and complex numbers, and for numbers of types that there are not. */
export function typeOfCode(code: number, where: string): ElementType {
  const type = byCode.get(code);
  if (type === undefined)
    throw new UnsupportedError({
      got: `${otherwise[code] ?? `the element type ${code}`} in ${where}`,
      expected: 'numbers: floats, integers or bools',
    });
  return type;
}

/** The dtype that holds elements of a type: integers of all sizes are int32, floats those of the graph. */
export function dtypeFor(type: ElementType, floats: FloatDType): DType {
  if (type.kind === 'bool') return 'bool';
  if (type.kind === 'integer') return 'int32';
  return type.double ? 'float64' : floats;
}

/** The smallest and largest number of an integer type, as far as int32 holds them. */
export function rangeOf(type: ElementType & { readonly kind: 'integer' }): readonly [number, number] {
  const { bits, signed } = type;
  if (bits >= 32) return signed ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 31 - 1];
  return signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
}
