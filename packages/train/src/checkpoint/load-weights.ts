import { checkOptions, type FieldsOf, field, type Tensor } from '@pullback/core';
import {
  type ByteSource,
  type OpenOptions,
  openAny,
  openFields,
  type TensorFile,
} from '@pullback/safetensors';
import type { Weights } from '../model-options.ts';
import { isWeight } from './checkpoint.ts';
import { type GivenWeights, isJson, weightOf } from './weights.ts';

/** Which weights are read. */
export interface ReadOptions extends OpenOptions {
  /** Only weights whose name starts with this; all when left out. */
  readonly prefix?: string;
}

const readFields = { ...openFields, prefix: field.text() } satisfies FieldsOf<ReadOptions>;

/**
 * The weights of a saved model by path, for `model.load`; or every tensor of any other safetensors file, or of an index of shards, by name;
 * or weights that were JSON. One that cannot be read is not listed, and is an error when it is asked for.
 * @throws CheckpointError for a damaged file, or one with nothing to read in it.
 */
export async function loadWeights(
  source: ByteSource | GivenWeights,
  options: ReadOptions = {},
): Promise<Weights> {
  const { prefix = '', ...opening } = checkOptions('loadWeights', options, readFields);
  const wanted = (name: string) => name.startsWith(prefix);
  if (isJson(source)) return weightsOf(source, wanted);
  const found = await openAny(source, opening);
  if ('json' in found) return weightsOf(found.json, wanted);
  const { file } = found;
  try {
    const ours = file.metadata['format'] === 'pullback';
    return await readAll(file, (name) => wanted(name) && !(ours && !isWeight(name)));
  } finally {
    await file.close();
  }
}

async function readAll(file: TensorFile, wanted: (name: string) => boolean): Promise<Weights> {
  const weights: Record<string, Tensor> = {};
  let unread: unknown;
  for await (const [name, tensor] of file.tensors(wanted)) {
    try {
      Object.defineProperty(weights, name, { value: tensor(), enumerable: true, writable: true });
    } catch (failure) {
      unread ??= failure;
      Object.defineProperty(weights, name, {
        get: () => {
          throw failure;
        },
      });
    }
  }
  if (unread !== undefined && Object.keys(weights).length === 0) throw unread;
  return weights;
}

/** @throws DataError for one that is no weight, with its path. */
function weightsOf(given: object, wanted: (name: string) => boolean): Weights {
  const entries = Object.entries(given).filter(([name]) => wanted(name));
  return Object.fromEntries(entries.map(([name, each]) => [name, weightOf(name, each)]));
}
