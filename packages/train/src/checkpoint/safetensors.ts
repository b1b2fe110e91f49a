import {
  CheckpointError,
  type DType,
  formatShape,
  sizeOf,
  type TensorSpec,
  type TypedArray,
} from '@pullback/core';

/*
 * The safetensors format: eight bytes with the length of a JSON header, the header, then the elements of all tensors, little-endian,
 * one after the other without a gap. Source: https://github.com/huggingface/safetensors (format, version of 2024).
 */

const formats = { float32: 'F32', float64: 'F64', int32: 'I32', bool: 'BOOL', uint8: 'U8' } as const;
const dtypes: Readonly<Record<string, DType>> = {
  F32: 'float32',
  F64: 'float64',
  I32: 'int32',
  BOOL: 'bool',
  U8: 'uint8',
};
const widths = { float32: 4, float64: 8, int32: 4, bool: 1, uint8: 1 } as const;

/** No header of ours comes near; a longer one is not even parsed. */
const longestHeader = 16 * 2 ** 20;

/** What a file holds, before its elements are read. */
export interface Header {
  /** Every tensor, in the order of its elements. */
  readonly specs: ReadonlyMap<string, TensorSpec>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The bytes that a tensor takes. */
export function bytesOf({ shape, dtype }: TensorSpec): number {
  return sizeOf(shape) * widths[dtype];
}

/** The first bytes of a file: the length and the header, padded so that elements are aligned. */
export function encodeHeader({ specs, metadata }: Header): Uint8Array {
  const record: Record<string, unknown> = { __metadata__: metadata };
  let start = 0;
  for (const [name, spec] of specs) {
    const end = start + bytesOf(spec);
    record[name] = { dtype: formats[spec.dtype], shape: spec.shape, data_offsets: [start, end] };
    start = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(record));
  const bytes = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true);
  bytes.set(json, 8);
  return bytes;
}

/** The length of the header. @param size bytes of the whole file, where that is known. @throws CheckpointError */
export function headerLength(first: Uint8Array, size: number | undefined): number {
  if (first.length < 8) throw broken(`${first.length} bytes`, 'at least 8');
  const length = new DataView(first.buffer, first.byteOffset).getBigUint64(0, true);
  const most = Math.min(longestHeader, size === undefined ? Infinity : size - 8);
  if (length < 2n || length > BigInt(most))
    throw broken(`a header of ${length} bytes`, `2 to ${most} in a file of ${size ?? 'unknown'} bytes`);
  return Number(length);
}

/** @param elements bytes that follow the header, where that is known. @throws CheckpointError for anything but a well-formed header. */
export function decodeHeader(bytes: Uint8Array, elements: number | undefined): Header {
  const { __metadata__: metadata = {}, ...tensors } = record(parse(bytes), 'the header');
  const specs = new Map<string, TensorSpec>();
  const found = Object.entries(tensors).map(([name, entry]) => ({ name, ...entryOf(name, entry) }));
  found.sort((a, b) => a.start - b.start || a.end - b.end);
  let at = 0;
  for (const { name, spec, start, end } of found) {
    if (start !== at) throw broken(`'${name}' from byte ${start}`, `byte ${at}: no gap and no overlap`);
    specs.set(name, spec);
    at = end;
  }
  if (elements !== undefined && at !== elements)
    throw broken(`tensors of ${at} bytes in all`, `${elements}, as the file has after its header`);
  const texts = Object.entries(record(metadata, '__metadata__')).map(([name, text]) => {
    if (typeof text !== 'string') throw broken(`metadata '${name}' that is no text`, 'text');
    return [name, text] as const;
  });
  return { specs, metadata: Object.fromEntries(texts) };
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw broken('a header that is no JSON', 'JSON in UTF-8');
  }
}

function entryOf(name: string, given: unknown) {
  const { dtype, shape, data_offsets: offsets } = record(given, `'${name}'`);
  const known = typeof dtype === 'string' && Object.hasOwn(dtypes, dtype) ? dtypes[dtype] : undefined;
  if (known === undefined)
    throw broken(`'${name}' of dtype ${String(dtype)}`, Object.keys(dtypes).join(', '));
  if (!isSizes(shape)) throw broken(`'${name}' with a shape that is none`, 'whole numbers from 0 up');
  if (!isSizes(offsets) || offsets.length !== 2)
    throw broken(`'${name}' without data_offsets`, '[start, end]');
  const [start = 0, end = 0] = offsets;
  const spec = { shape, dtype: known };
  if (bytesOf(spec) !== end - start)
    throw broken(
      `'${name}', ${known}${formatShape(shape)}, of ${end - start} bytes`,
      `${bytesOf(spec)} bytes`,
    );
  return { spec, start, end };
}

function isSizes(given: unknown): given is number[] {
  return Array.isArray(given) && given.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function record(given: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw broken(`${what} that is no object`, 'an object');
  return { ...given };
}

/** A file that breaks the format. */
export function broken(got: string, expected: string): CheckpointError {
  return new CheckpointError({
    got,
    expected,
    at: 'the safetensors file',
    hint: 'The file is damaged, cut off, or no safetensors file. Nothing was changed.',
  });
}

/** The elements of a tensor as bytes, without a copy. */
export function elementBytes(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Elements from bytes, which are copied so that they are aligned. */
export function elementsFrom(bytes: Uint8Array, dtype: DType): TypedArray {
  const { buffer } = new Uint8Array(bytes);
  if (dtype === 'float32') return new Float32Array(buffer);
  if (dtype === 'float64') return new Float64Array(buffer);
  return dtype === 'int32' ? new Int32Array(buffer) : new Uint8Array(buffer);
}
