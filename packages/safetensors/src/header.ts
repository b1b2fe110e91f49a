import {
  CheckpointError,
  type DType,
  formatShape,
  PullbackError,
  sizeOf,
  type Tensor,
  type TensorSpec,
  type TypedArray,
  tensor,
} from '@pullback/core';
import { broken } from './files/byte-reader.ts';
import { formatOf, readable } from './formats.ts';

/*
 * The safetensors format: eight bytes with the length of a JSON header, the header, then the elements of all tensors, little-endian,
 * one after the other without a gap. Source: https://github.com/huggingface/safetensors (format, version of 2024).
 */

/** The names of the dtypes that are written. */
const formats = {
  float32: 'F32',
  float64: 'F64',
  int32: 'I32',
  bool: 'BOOL',
  uint8: 'U8',
} as const satisfies Record<DType, string>;

/** The longest header that the format allows. */
export const longestHeader = 100_000_000;

/** The entry of a tensor in a header. */
export interface Stored {
  readonly shape: readonly number[];
  /** The dtype's name in the file. */
  readonly format: string;
  /** The dtype that it is read as; undefined when it cannot be read. */
  readonly dtype: DType | undefined;
  readonly bytes: number;
  /** Where its elements begin, from the first byte of the file on. */
  readonly start: number;
}

/** The tensors of a file, before their elements are read. */
export interface Header {
  /** Every tensor, in the order of its elements. */
  readonly stored: ReadonlyMap<string, Stored>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The first bytes of a file of these tensors, padded so that elements are aligned, and how many bytes of each follow. */
export function encodeHeader(
  specs: ReadonlyMap<string, TensorSpec>,
  metadata: Readonly<Record<string, string>>,
): { readonly bytes: Uint8Array; readonly sizes: ReadonlyMap<string, number> } {
  const sizes = new Map<string, number>();
  let start = 0;
  const entries = [...specs].map(([name, { shape, dtype }]) => {
    const format = formats[dtype];
    const size = (sizeOf(shape) * (formatOf(format)?.bits ?? 0)) / 8;
    sizes.set(name, size);
    const entry = { dtype: format, shape, data_offsets: [start, start + size] };
    start += size;
    return [name, entry] as const;
  });
  const record = { __metadata__: metadata, ...Object.fromEntries(entries) };
  const json = new TextEncoder().encode(JSON.stringify(record));
  const bytes = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true);
  bytes.set(json, 8);
  return { bytes, sizes };
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

/** @param size bytes of the whole file, where that is known. @throws CheckpointError for anything but a well-formed header. */
export function decodeHeader(bytes: Uint8Array, size: number | undefined): Header {
  const first = 8 + bytes.length;
  const { __metadata__: metadata, ...tensors } = record(parse(bytes), 'the header');
  const stored = new Map<string, Stored>();
  const found = Object.entries(tensors).map(([name, entry]) => ({ name, ...entryOf(name, entry) }));
  found.sort((a, b) => a.start - b.start || a.end - b.end);
  let at = 0;
  for (const { name, start, end, ...entry } of found) {
    if (start !== at) throw broken(`'${name}' from byte ${start}`, `byte ${at}: no gap and no overlap`);
    stored.set(name, { ...entry, start: first + start });
    at = end;
  }
  if (size !== undefined && at !== size - first)
    throw broken(`tensors of ${at} bytes in all`, `${size - first}, as the file has after its header`);
  const texts = Object.entries(record(metadata ?? {}, '__metadata__')).map(([name, text]) => {
    if (typeof text !== 'string') throw broken(`metadata '${name}' that is no text`, 'text');
    return [name, text] as const;
  });
  return { stored, metadata: Object.fromEntries(texts) };
}

function parse(bytes: Uint8Array): unknown {
  if (bytes[0] !== 0x7b) throw broken('a header that does not begin with {', 'JSON in UTF-8');
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch {
    throw broken('a header that is no JSON', 'JSON in UTF-8');
  }
}

function entryOf(name: string, given: unknown): Stored & { readonly end: number } {
  const { dtype: format, shape, data_offsets: offsets } = record(given, `'${name}'`);
  if (typeof format !== 'string') throw broken(`'${name}' without a dtype`, readable.join(', '));
  if (!isSizes(shape)) throw broken(`'${name}' with a shape that is none`, 'whole numbers from 0 up');
  if (!isSizes(offsets) || offsets.length !== 2)
    throw broken(`'${name}' without data_offsets`, '[start, end]');
  const [start = 0, end = 0] = offsets;
  const known = formatOf(format);
  const bytes = end - start;
  const wanted = known === undefined ? bytes : (sizeOf(shape) * known.bits) / 8;
  if (bytes < 0 || bytes !== wanted)
    throw broken(`'${name}', ${format}${formatShape(shape)}, of ${bytes} bytes`, `${wanted} bytes`);
  return { shape, format, dtype: known?.read?.dtype, bytes, start, end };
}

function isSizes(given: unknown): given is number[] {
  return Array.isArray(given) && given.every((size) => Number.isSafeInteger(size) && size >= 0);
}

function record(given: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof given !== 'object' || given === null || Array.isArray(given))
    throw broken(`${what} that is no object`, 'an object');
  return { ...given };
}

/** The elements of a tensor as bytes, without a copy. */
export function elementBytes(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/**
 * A tensor from its bytes, which are copied so that they are aligned.
 * @throws CheckpointError for a dtype that cannot be read, or a long integer that int32 does not hold.
 */
export function tensorFrom(name: string, { shape, format }: Stored, bytes: Uint8Array): Tensor {
  const read = formatOf(format)?.read;
  const at = `'${name}' of the safetensors file`;
  if (read === undefined)
    throw new CheckpointError({ got: `the dtype '${format}'`, expected: readable.join(', '), at });
  try {
    return tensor({ shape, data: read.numbers(new Uint8Array(bytes).buffer) }, { dtype: read.dtype });
  } catch (failure) {
    if (!(failure instanceof PullbackError)) throw failure;
    const { got, expected } = failure;
    throw new CheckpointError({ got, ...(expected !== undefined && { expected }), at });
  }
}
