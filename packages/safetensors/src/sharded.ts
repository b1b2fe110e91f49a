import { CheckpointError, type Tensor } from '@pullback/core';
import { refuseElsewhere, type Shards } from './files/beside.ts';
import { type ByteSource, readerOf } from './files/byte-source.ts';
import type { Stored } from './header.ts';
import { storedAs, type TensorFile, tensorFile } from './tensor-file.ts';

/** The index `model.safetensors.index.json`: which file holds which tensor. Source: transformers, `save_pretrained`. */
export interface ShardIndex {
  readonly weight_map: Readonly<Record<string, string>>;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** More files than any model has. */
const mostShards = 4096;

export function isIndex(json: unknown): json is ShardIndex {
  if (typeof json !== 'object' || json === null) return false;
  const { weight_map: map }: { weight_map?: unknown } = json;
  return isRecord(map) && Object.values(map).every((file) => typeof file === 'string');
}

function isRecord(given: unknown): given is object {
  return typeof given === 'object' && given !== null && !Array.isArray(given);
}

/**
 * The tensors of all shards as those of one file: those that the index names, no others. The header of every shard is read at once.
 * @throws CheckpointError for a shard outside of the folder, too many of them, or one that lacks a tensor.
 */
export async function shardedFile(
  { weight_map: map, metadata = {} }: ShardIndex,
  shards: Shards,
): Promise<TensorFile> {
  const names = [...new Set(Object.values(map))].sort();
  if (names.length > mostShards) throw refused(`${names.length} shards`, `at most ${mostShards}`);
  for (const name of names) refuseElsewhere(name);
  const files = new Map<string, TensorFile>();
  const close = async () => {
    await Promise.all([...files.values()].map((file) => file.close()));
  };
  try {
    for (const name of names) files.set(name, await opened(await shards(name)));
    const places = new Map<string, readonly [TensorFile, Stored]>();
    for (const [name, file] of files)
      for (const [tensor, stored] of file.stored)
        if (Object.hasOwn(map, tensor) && map[tensor] === name) places.set(tensor, [file, stored]);
    for (const [tensor, name] of Object.entries(map))
      if (!places.has(tensor))
        throw refused(`a shard '${name}' without '${tensor}'`, 'the tensors that the index says');
    const stored = new Map([...places].map(([name, [, entry]]) => [name, entry]));
    const texts = Object.entries(metadata).map(([name, value]) => [name, String(value)]);
    return {
      stored,
      metadata: Object.fromEntries(texts),
      read: async (name): Promise<Tensor> => storedAs(places, name)[0].read(name),
      tensors: async function* (wanted = () => true) {
        for (const [name, file] of files) yield* file.tensors((each) => map[each] === name && wanted(each));
      },
      close,
    };
  } catch (failure) {
    await close();
    throw failure;
  }
}

async function opened(source: ByteSource): Promise<TensorFile> {
  const reader = await readerOf(source);
  return tensorFile(reader).catch(async (failure) => {
    await reader.close();
    throw failure;
  });
}

function refused(got: string, expected: string): CheckpointError {
  return new CheckpointError({ got, expected, at: 'the index of shards', hint: 'Nothing was changed.' });
}
