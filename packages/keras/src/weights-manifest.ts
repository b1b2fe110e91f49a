import { CheckpointError, type DType, sizeOf, type Tensor, UnknownNameError } from '@pullback/core';
import {
  readerOf,
  refuseElsewhere,
  type Shards,
  type Stored,
  type TensorFile,
  tensorFrom,
} from '@pullback/safetensors';
import { broken, counts, isRecord, list, record, text } from './json.ts';

/** The formats of elements by what the manifest calls them. Source: tfjs-core, `io/types.ts`. */
const formats: Readonly<
  Record<string, { readonly format: string; readonly bytes: number; readonly dtype: DType }>
> = {
  float32: { format: 'F32', bytes: 4, dtype: 'float32' },
  int32: { format: 'I32', bytes: 4, dtype: 'int32' },
  bool: { format: 'BOOL', bytes: 1, dtype: 'bool' },
  uint8: { format: 'U8', bytes: 1, dtype: 'uint8' },
  float16: { format: 'F16', bytes: 2, dtype: 'float32' },
  uint16: { format: 'U16', bytes: 2, dtype: 'int32' },
};

/** Numbers that were kept as whole ones: x = scale q + min. */
interface Affine {
  readonly scale: number;
  readonly min: number;
}

interface Entry extends Stored {
  readonly group: number;
  readonly affine: Affine | undefined;
}

/** The tensors that a `weightsManifest` lists; a group of shards is read when one of its tensors is wanted. @throws CheckpointError */
export function manifestFile(manifest: unknown, shards: Shards): TensorFile {
  const groups = list(manifest, 'weightsManifest').map((each) => record(each, 'a group of weights'));
  const entries = new Map<string, Entry>();
  const sizes = groups.map((group, i) => {
    let start = 0;
    for (const each of list(group['weights'], 'weights')) {
      const [name, entry] = entryOf(record(each, 'a weight'), i, start);
      if (entries.has(name)) throw broken(`'${name}' twice`, 'one of each name');
      entries.set(name, entry);
      start += entry.bytes;
    }
    return start;
  });
  const read = new Map<number, Promise<Uint8Array>>();
  const bytesOf = (group: number) => {
    const found = read.get(group) ?? joined(record(groups[group], 'a group'), sizes[group] ?? 0, shards);
    read.set(group, found);
    return found;
  };
  const tensorOf = async (name: string): Promise<() => Tensor> => {
    const entry = entries.get(name);
    if (entry === undefined) throw new UnknownNameError('tensor', name, entries.keys());
    const bytes = (await bytesOf(entry.group)).subarray(entry.start, entry.start + entry.bytes);
    return () => made(name, entry, bytes);
  };
  return {
    stored: entries,
    metadata: {},
    read: async (name) => (await tensorOf(name))(),
    tensors: async function* (wanted = () => true) {
      for (const name of entries.keys()) if (wanted(name)) yield [name, await tensorOf(name)] as const;
    },
    close: async () => read.clear(),
  };
}

function entryOf(
  given: Readonly<Record<string, unknown>>,
  group: number,
  start: number,
): readonly [string, Entry] {
  const name = text(given['name'], 'the name of a weight');
  const shape = counts(given['shape'], `the shape of '${name}'`);
  const { quantization } = given;
  const kept = isRecord(quantization) ? quantization : undefined;
  const called = text(kept?.['dtype'] ?? given['dtype'], `the dtype of '${name}'`);
  const known = Object.hasOwn(formats, called) ? formats[called] : undefined;
  if (known === undefined)
    throw new CheckpointError({
      got: `the dtype '${called}'`,
      expected: Object.keys(formats).join(', '),
      at: name,
    });
  const { scale, min = 0 } = kept ?? {};
  const affine = typeof scale === 'number' && typeof min === 'number' ? { scale, min } : undefined;
  const bytes = sizeOf(shape) * known.bytes;
  const dtype = affine === undefined ? known.dtype : 'float32';
  return [name, { shape, format: known.format, dtype, bytes, start, group, affine }];
}

function made(name: string, entry: Entry, bytes: Uint8Array): Tensor {
  const found = tensorFrom(name, entry, bytes);
  if (entry.affine === undefined) return found;
  const { scale, min } = entry.affine;
  return {
    shape: found.shape,
    dtype: 'float32',
    data: Float32Array.from(found.data, (q) => scale * q + min),
  };
}

/** All shards of a group, one behind the other. @throws CheckpointError when they are not as long as its weights. */
async function joined(
  group: Readonly<Record<string, unknown>>,
  size: number,
  shards: Shards,
): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  let have = 0;
  for (const path of list(group['paths'], 'paths')) {
    const name = text(path, 'a path');
    refuseElsewhere(name);
    const reader = await readerOf(await shards(name));
    try {
      if ((reader.size ?? 0) > size - have)
        throw broken(`${reader.size} bytes of '${name}'`, `at most ${size - have}`);
      const bytes = await reader.rest(0);
      all.push(bytes);
      have += bytes.length;
    } finally {
      await reader.close();
    }
  }
  if (have !== size) throw broken(`${have} bytes of weights`, `${size}, as the weights need`);
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const part of all) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
