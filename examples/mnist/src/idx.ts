import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface Bytes {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** Reads an idx file of bytes, also a compressed one: magic 0x00 0x00 0x08 rank, the extents as big-endian 32-bit integers, the elements. */
export function readIdx(path: string): Bytes {
  const file = path.endsWith('.gz') ? gunzipSync(readFileSync(path)) : readFileSync(path);
  const rank = file[3] ?? 0;
  if (file.length < 4 + 4 * rank || file.readUInt32BE(0) !== (0x0800 | rank))
    throw new Error(`${path} is no idx file of bytes`);
  const shape = Array.from({ length: rank }, (_, i) => file.readUInt32BE(4 + 4 * i));
  const data = new Uint8Array(file.subarray(4 + 4 * rank));
  const size = shape.reduce((all, extent) => all * extent, 1);
  if (data.length !== size) throw new Error(`${path} has ${data.length} elements, its header says ${size}`);
  return { shape, data };
}
