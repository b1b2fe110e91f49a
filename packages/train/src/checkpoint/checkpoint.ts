import {
  CheckpointError,
  formatShape,
  isFloat,
  sameShape,
  type Tensor,
  type TensorSpec,
} from '@pullback/core';
import type { Weights } from '../model-options.ts';
import type { Store } from '../store.ts';
import { type CheckpointSource, type CheckpointTarget, readerOf, writeAll } from './files.ts';
import {
  bytesOf,
  decodeHeader,
  elementBytes,
  elementsFrom,
  encodeHeader,
  headerLength,
} from './safetensors.ts';

/** The names of a store that make up a model: what was summed up or read last is no part of it. */
const lasting = /^(weight|slot|state):|^(step|key|learningRate)$/;
/** In a file a weight has its bare path, as other programs expect. */
const inFile = (name: string) => name.replace(/^weight:/, '');
const inStore = (name: string) =>
  /^(slot|state):|^(step|key|learningRate)$/.test(name) ? name : `weight:${name}`;

/** A file whose header was read and checked; its elements come later. */
export interface Checkpoint {
  readonly specs: ReadonlyMap<string, TensorSpec>;
  readonly metadata: Readonly<Record<string, string>>;
  /** Every tensor, one after the other; can be gone through once. */
  tensors(): AsyncIterable<readonly [name: string, tensor: Tensor]>;
  close(): Promise<void>;
}

/** @throws CheckpointError for a header that breaks the format: before anything of the size that it claims is allocated. */
export async function openCheckpoint(source: CheckpointSource): Promise<Checkpoint> {
  const reader = await readerOf(source);
  try {
    const length = headerLength(await reader.read(8), reader.size);
    const elements = reader.size === undefined ? undefined : reader.size - 8 - length;
    const { specs, metadata } = decodeHeader(await reader.read(length), elements);
    return {
      specs,
      metadata,
      close: () => reader.close(),
      tensors: async function* () {
        for (const [name, spec] of specs) {
          const bytes = await reader.read(bytesOf(spec));
          yield [name, { ...spec, data: elementsFrom(bytes, spec.dtype) }] as const;
        }
      },
    };
  } catch (failure) {
    await reader.close();
    throw failure;
  }
}

/** Writes a store, a tensor at a time. */
export async function saveStore(
  store: Store,
  target: CheckpointTarget,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const names = store.names().filter((name) => lasting.test(name));
  const specs = new Map(names.map((name) => [inFile(name), store.spec(name)]));
  await writeAll(
    target,
    (async function* () {
      yield encodeHeader({ specs, metadata });
      for (const name of names) yield elementBytes(await store.read(name));
    })(),
  );
}

/**
 * Puts the numbers of a checkpoint into a store; floats are rounded where the store's are of another dtype.
 * @throws CheckpointError when the names or shapes are not those of the store: before anything is read or changed.
 */
export async function restoreStore(store: Store, checkpoint: Checkpoint): Promise<void> {
  const wanted = store.names().filter((name) => lasting.test(name));
  const missing = wanted.map(inFile).filter((name) => !checkpoint.specs.has(name));
  const unknown = [...checkpoint.specs.keys()].filter((name) => !wanted.includes(inStore(name)));
  if (missing.length + unknown.length > 0)
    throw refused(
      [
        ...(missing.length > 0 ? [`no ${some(missing)}`] : []),
        ...(unknown.length > 0 ? [`${some(unknown)}, which the model has not`] : []),
      ].join(' and '),
      'the numbers of this model',
      'The same network and optimizer as when it was saved; loadWeights(file) reads the weights alone.',
    );
  for (const [name, { shape, dtype }] of checkpoint.specs) {
    const own = store.spec(inStore(name));
    if (!sameShape(shape, own.shape) || isFloat(dtype) !== isFloat(own.dtype))
      throw refused(
        `${dtype}${formatShape(shape)} for '${name}'`,
        `${own.dtype}${formatShape(own.shape)}`,
        'The same network as when it was saved.',
      );
  }
  const all = new Map<string, Tensor>();
  for await (const [name, tensor] of checkpoint.tensors()) all.set(name, tensor);
  for (const [name, { data }] of all) store.write(inStore(name), data);
}

/** The weights of a saved model by path, for `model.load`. Any safetensors file of these dtypes will do. @throws CheckpointError */
export async function loadWeights(source: CheckpointSource): Promise<Weights> {
  const checkpoint = await openCheckpoint(source);
  try {
    const weights: Record<string, Tensor> = {};
    for await (const [name, tensor] of checkpoint.tensors())
      if (inStore(name) !== name) weights[name] = tensor;
    return weights;
  } finally {
    await checkpoint.close();
  }
}

function refused(got: string, expected: string, hint: string): CheckpointError {
  return new CheckpointError({ got, expected, hint, at: 'the checkpoint' });
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => `'${name}'`);
  return names.length > 3 ? `${shown.join(', ')} and ${names.length - 3} more` : shown.join(', ');
}
