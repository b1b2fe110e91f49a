import { arrayOn, DataError, formatShape, type TypedArray } from '@pullback/core';
import { type ElementType, rangeOf, typeOfCode } from './element-types.ts';
import { type TensorProto, TensorProto_DataLocation } from './proto/onnx_pb.ts';
import { numbersOfFormat } from './small-floats.ts';

/** Numbers of a file, in the array of the dtype that holds their type: doubles in float64, other floats in float32, integers in int32. */
export interface Numbers {
  readonly type: ElementType;
  readonly shape: readonly number[];
  readonly data: TypedArray;
}

/** The bytes of files beside a model, by the location that the model gives; `length` is undefined for the rest of the file. */
export type ExternalBytes = (location: string, offset: number, length: number | undefined) => Uint8Array;

/** From here on a 64-bit integer stands for "as far as possible", and becomes the last int32. */
const endless = 2 ** 62;

/**
 * The numbers of a tensor.
 * @throws DataError for elements that are missing or left over, and integers that int32 does not hold; UnsupportedError for strings.
 */
export function numbersOf(proto: TensorProto, external?: ExternalBytes): Numbers {
  const where = `tensor '${proto.name}'`;
  const type = typeOfCode(proto.dataType, where);
  const shape = proto.dims.map(Number);
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0) || !Number.isSafeInteger(size))
    throw new DataError({ got: `the shape ${formatShape(shape)} of ${where}`, expected: 'whole extents' });
  const raw = bytesOf(proto, external);
  const data = raw === undefined ? fromFields(proto, type, where) : fromBytes(raw, type, size, where);
  if (data.length !== size)
    throw new DataError({
      got: `${data.length} elements of ${where}`,
      expected: `${size}, to fill ${formatShape(shape)}`,
    });
  return { type, shape, data };
}

function bytesOf(proto: TensorProto, external: ExternalBytes | undefined): Uint8Array | undefined {
  if (proto.dataLocation !== TensorProto_DataLocation.EXTERNAL)
    return proto.rawData.length > 0 ? proto.rawData : undefined;
  const entries = new Map(proto.externalData.map(({ key, value }) => [key, value]));
  const [location, offset, length] = ['location', 'offset', 'length'].map((key) => entries.get(key));
  const whole = (text: string | undefined) => (text === undefined ? undefined : Number(text));
  const numbers = [whole(offset) ?? 0, whole(length) ?? 0];
  if (location === undefined || !numbers.every((n) => Number.isSafeInteger(n) && n >= 0))
    throw new DataError({
      got: `external data ${[location, offset, length].join(', ')} of tensor '${proto.name}'`,
      expected: 'a location, and whole numbers of bytes',
    });
  if (external === undefined)
    throw new DataError({
      got: `tensor '${proto.name}', whose numbers lie in '${location}'`,
      expected: 'that file too',
      hint: "readOnnxFile of '@pullback/onnx/files' opens both; readOnnx takes `external`.",
    });
  return external(location, numbers[0] ?? 0, whole(length));
}

function fromBytes(raw: Uint8Array, type: ElementType, size: number, where: string): TypedArray {
  const bits = bitsOf(type);
  if (raw.length !== Math.ceil((size * bits) / 8))
    throw new DataError({
      got: `${raw.length} bytes of ${where}`,
      expected: `${Math.ceil((size * bits) / 8)}, for ${size} elements of ${type.name}`,
    });
  if (type.kind === 'float' && type.small === undefined) return aligned(raw, type.double, size);
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const pattern = (i: number): number => {
    if (bits === 16) return view.getUint16(i * 2, true);
    if (bits === 8) return view.getUint8(i);
    return (view.getUint8(Math.floor((i * bits) / 8)) >> ((i * bits) % 8)) & (2 ** bits - 1);
  };
  if (type.kind === 'float') {
    const numbers = type.small && numbersOfFormat(type.small);
    return Float32Array.from({ length: size }, (_, i) => numbers?.[pattern(i)] ?? 0);
  }
  if (type.kind === 'bool') return Uint8Array.from({ length: size }, (_, i) => Number(pattern(i) !== 0));
  const { signed } = type;
  const half = 2 ** (bits - 1);
  const read = (i: number): number => {
    if (bits === 64)
      return inRange(Number(signed ? view.getBigInt64(i * 8, true) : view.getBigUint64(i * 8, true)), where);
    if (bits === 32) return signed ? view.getInt32(i * 4, true) : inRange(view.getUint32(i * 4, true), where);
    const n = pattern(i);
    return signed && n >= half ? n - 2 * half : n;
  };
  const data = new Int32Array(size);
  for (let i = 0; i < size; i++) data[i] = read(i);
  return data;
}

/** Floats as they lie in the file, copied only where they do not begin at a multiple of their size. */
function aligned(raw: Uint8Array, double: boolean, size: number): TypedArray {
  const bytes = double ? 8 : 4;
  const { buffer, byteOffset } = raw.byteOffset % bytes === 0 ? raw : new Uint8Array(raw);
  return arrayOn(buffer, double ? 'float64' : 'float32', size, byteOffset);
}

/** The bits of one element in a file. */
export function bitsOf(type: ElementType): number {
  if (type.kind === 'bool') return 8;
  if (type.kind === 'integer') return type.bits;
  return type.small?.bits ?? (type.double ? 64 : 32);
}

function fromFields(proto: TensorProto, type: ElementType, where: string): TypedArray {
  if (type.kind === 'float') {
    if (type.double) return Float64Array.from(proto.doubleData);
    if (type.small === undefined) return Float32Array.from(proto.floatData);
    const numbers = numbersOfFormat(type.small);
    return Float32Array.from(patternsIn(proto, type), (pattern) => numbers[pattern] ?? 0);
  }
  if (type.kind === 'bool') return Uint8Array.from(proto.int32Data, (n) => Number(n !== 0));
  if (type.bits === 64 || type.name === 'uint32')
    return Int32Array.from([...proto.int64Data, ...proto.uint64Data], (n) => inRange(Number(n), where));
  const [low, high] = rangeOf(type);
  return Int32Array.from(patternsIn(proto, type), (n) => {
    const signed = n > high ? n - 2 ** type.bits : n;
    if (signed >= low && signed <= high) return signed;
    throw new DataError({ got: `${n} in ${where}`, expected: `a number of ${type.name}` });
  });
}

/** The elements of int32_data: those of less than a byte stand several in one. */
function patternsIn(proto: TensorProto, type: ElementType): readonly number[] {
  const bits = bitsOf(type);
  if (bits >= 8) return proto.int32Data;
  const size = proto.dims.reduce((product, extent) => product * Number(extent), 1);
  const each = 8 / bits;
  return Array.from({ length: Math.min(size, proto.int32Data.length * each) }, (_, i) => {
    const byte = proto.int32Data[Math.floor(i / each)] ?? 0;
    return (byte >> ((i % each) * bits)) & (2 ** bits - 1);
  });
}

function inRange(n: number, where: string): number {
  if (n >= endless) return 2 ** 31 - 1;
  if (n <= -endless) return -(2 ** 31);
  if (n === (n | 0)) return n;
  throw new DataError({
    got: `${n} in ${where}`,
    expected: 'integers from -2147483648 to 2147483647',
    hint: 'Longer ones are computed with in 32 bits here.',
  });
}
