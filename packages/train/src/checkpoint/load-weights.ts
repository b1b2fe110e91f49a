import { CheckpointError, checkOptions, type FieldsOf, field, type Tensor } from '@pullback/core';
import type { Weights } from '../model-options.ts';
import { type CheckpointSource, readerOf } from './byte-reader.ts';
import { checkpointOf, closed, isWeight } from './checkpoint.ts';
import { type GivenWeights, isJson, weightOf } from './weights.ts';

/** Which weights are read. */
export interface ReadOptions {
  /** Only weights whose name starts with this; all when left out. */
  readonly prefix?: string;
}

const readFields = { prefix: field.text() } satisfies FieldsOf<ReadOptions>;

/**
 * The weights of a saved model by path, for `model.load`; or every tensor of any other safetensors file, by name; or weights that were JSON.
 * One that cannot be read is not listed, and is an error when it is asked for.
 * @throws CheckpointError for a damaged file, or one with nothing to read in it.
 */
export async function loadWeights(
  source: CheckpointSource | GivenWeights,
  options: ReadOptions = {},
): Promise<Weights> {
  const { prefix = '' } = checkOptions('loadWeights', options, readFields);
  const wanted = (name: string) => name.startsWith(prefix);
  if (isJson(source)) return weightsOf(source, wanted);
  const reader = await readerOf(source);
  const first = await reader.read(8).catch((failure) => closed(reader, failure));
  if (isText(first)) {
    const rest = await reader.rest().finally(() => reader.close());
    return weightsOf(parsed(first, rest), wanted);
  }
  const checkpoint = await checkpointOf(reader, first);
  try {
    const ours = checkpoint.metadata['format'] === 'pullback';
    const weights: Record<string, Tensor> = {};
    let unread: unknown;
    for await (const [name, tensor] of checkpoint.tensors()) {
      if (!wanted(name) || (ours && !isWeight(name))) continue;
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
  } finally {
    await checkpoint.close();
  }
}

function weightsOf(given: GivenWeights, wanted: (name: string) => boolean): Weights {
  const entries = Object.entries(given).filter(([name]) => wanted(name));
  return Object.fromEntries(entries.map(([name, each]) => [name, weightOf(name, each)]));
}

/** Whether a file begins as JSON does: as the length of a header, eight bytes of text are far too many. */
function isText(first: Uint8Array): boolean {
  return first[0] === 0x7b && first.subarray(4).some((byte) => byte !== 0);
}

/** @throws CheckpointError */
function parsed(...parts: readonly Uint8Array[]): GivenWeights {
  const decoder = new TextDecoder('utf-8');
  const text = parts.map((part) => decoder.decode(part, { stream: true })).join('');
  try {
    const given: unknown = JSON.parse(text);
    if (isJson(given)) return given;
  } catch {}
  throw new CheckpointError({
    got: 'text that is no JSON',
    expected: 'a safetensors file, or JSON',
    at: 'the file',
  });
}
