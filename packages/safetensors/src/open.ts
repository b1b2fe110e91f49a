import { CheckpointError, checkOptions, type FieldsOf, field } from '@pullback/core';
import { beside, type Shards } from './files/beside.ts';
import { closing } from './files/byte-reader.ts';
import { type ByteSource, readerOf } from './files/byte-source.ts';
import { isIndex, shardedFile } from './sharded.ts';
import { isText, jsonOf, type TensorFile, tensorFile } from './tensor-file.ts';

export interface OpenOptions {
  /** Gives the files that an index of shards names; they are beside the index when left out, where that is a path. */
  readonly shards?: Shards;
}

export const openFields = {
  shards: field.callable<Shards>('a function of the name of a file'),
} satisfies FieldsOf<OpenOptions>;

/**
 * A safetensors file, or `model.safetensors.index.json` with the shards that it names, opened: headers are read and checked, elements come
 * when they are wanted.
 * @throws CheckpointError for a file that is damaged, or of another kind.
 */
export async function openSafetensors(source: ByteSource, options: OpenOptions = {}): Promise<TensorFile> {
  const found = await openAny(source, options);
  if ('file' in found) return found.file;
  throw new CheckpointError({
    got: 'JSON that is no index of shards',
    expected: 'a safetensors file, or { weight_map } with the file of each tensor',
    at: 'the file',
  });
}

/** A file of tensors, or what its JSON says where it is of another kind. @throws CheckpointError, OptionError */
export async function openAny(
  source: ByteSource,
  options: OpenOptions = {},
): Promise<{ readonly file: TensorFile } | { readonly json: object }> {
  const { shards = beside(source) } = checkOptions('openSafetensors', options, openFields);
  const reader = await readerOf(source);
  const closed = (failure: unknown) => closing(() => reader.close(), failure);
  if (!isText(reader.head)) return { file: await tensorFile(reader).catch(closed) };
  const json = await jsonOf(reader).catch(closed);
  await reader.close();
  return isIndex(json) ? { file: await shardedFile(json, shards) } : { json };
}
