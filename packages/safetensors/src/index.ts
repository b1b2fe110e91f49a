export type { Placed } from './files/byte-reader.ts';
export type { ByteSource } from './files/byte-source.ts';
export type { ByteTarget, Saved, SaveOptions } from './files/write-file.ts';
export type { Stored } from './header.ts';
export { type OpenOptions, openAny, openFields, openSafetensors } from './open.ts';
export { type RangesOptions, ranges } from './ranges.ts';
export type { Shards } from './sharded.ts';
export type { TensorFile } from './tensor-file.ts';
export { type Writable, type WriteOptions, writeSafetensors } from './write.ts';
