import {
  CheckpointError,
  formatShape,
  isFloat,
  type Optimizer,
  sameShape,
  type Tensor,
  tensorOf,
} from '@pullback/core';
import type { Store } from '../running/numbers.ts';
import { type ByteReader, type CheckpointSource, readerOf } from './byte-reader.ts';
import {
  decodeHeader,
  elementBytes,
  encodeHeader,
  headerLength,
  type Stored,
  tensorFrom,
} from './safetensors.ts';
import { type CheckpointTarget, type Saved, type SaveOptions, writeAll } from './write-file.ts';

/** The names of a store that make up a model: what was summed up or read last is no part of it. */
const lasting = /^(weight|slot|state):|^(step|key|learningRate)$/;
/** In a file a weight has its bare path, as other programs expect. */
const inFile = (name: string) => name.replace(/^weight:/, '');
const inStore = (name: string) =>
  /^(slot|state):|^(step|key|learningRate)$/.test(name) ? name : `weight:${name}`;

/** Whether a name in a file of ours is that of a weight. */
export const isWeight = (name: string) => inStore(name) !== name;

/** A file whose header was read and checked; its elements come later. */
export interface Checkpoint {
  readonly stored: ReadonlyMap<string, Stored>;
  readonly metadata: Readonly<Record<string, string>>;
  /**
   * Every tensor, one after the other; can be gone through once, and must be to the end: then nothing may follow.
   * The function that comes with a name makes the tensor. @throws CheckpointError when it cannot be read
   */
  tensors(): AsyncIterable<readonly [name: string, tensor: () => Tensor]>;
  close(): Promise<void>;
}

/** @throws CheckpointError for a header that breaks the format: before anything of the size that it claims is allocated. */
export async function openCheckpoint(source: CheckpointSource): Promise<Checkpoint> {
  const reader = await readerOf(source);
  return checkpointOf(reader, await reader.read(8).catch((failure) => closed(reader, failure)));
}

export async function closed(reader: ByteReader, failure: unknown): Promise<never> {
  await reader.close();
  throw failure;
}

/** @param first the first eight bytes. */
export async function checkpointOf(reader: ByteReader, first: Uint8Array): Promise<Checkpoint> {
  try {
    const length = headerLength(first, reader.size);
    const elements = reader.size === undefined ? undefined : reader.size - 8 - length;
    const { stored, metadata } = decodeHeader(await reader.read(length), elements);
    return {
      stored,
      metadata,
      close: () => reader.close(),
      tensors: async function* () {
        for (const [name, each] of stored) {
          const bytes = await reader.read(each.bytes);
          yield [name, () => tensorFrom(name, each, bytes)] as const;
        }
        await reader.end();
      },
    };
  } catch (failure) {
    return closed(reader, failure);
  }
}

/** Writes a store, a tensor at a time. */
export async function saveStore(
  store: Store,
  target: CheckpointTarget,
  metadata: Readonly<Record<string, string>>,
  options: SaveOptions,
): Promise<Saved> {
  const names = store.names().filter((name) => lasting.test(name));
  const specs = new Map(names.map((name) => [inFile(name), store.spec(name)]));
  return writeAll(
    target,
    (async function* () {
      yield encodeHeader(specs, metadata);
      for (const name of names) yield elementBytes(await store.read(name));
    })(),
    options,
  );
}

/**
 * Puts the numbers of a checkpoint into a store; floats are rounded where the store's are of another dtype. An optional slot that it lacks
 * is at its initial number.
 * @throws CheckpointError when the names or shapes are not those of the store: before anything is read or changed.
 */
export async function restoreStore(
  store: Store,
  checkpoint: Checkpoint,
  optimizer: Pick<Optimizer, 'slots'>,
): Promise<void> {
  const wanted = store.names().filter((name) => lasting.test(name));
  const lacking = wanted.filter((name) => !checkpoint.stored.has(inFile(name)));
  const slotOf = (name: string) =>
    name.startsWith('slot:')
      ? optimizer.slots(store.spec(name))[name.slice(name.lastIndexOf('/') + 1)]
      : undefined;
  const missing = lacking.filter((name) => slotOf(name)?.optional !== true).map(inFile);
  const unknown = [...checkpoint.stored.keys()].filter((name) => !wanted.includes(inStore(name)));
  if (missing.length + unknown.length > 0)
    throw refused(
      [
        ...(missing.length > 0 ? [`no ${some(missing)}`] : []),
        ...(unknown.length > 0 ? [`${some(unknown)}, which the model has not`] : []),
      ].join(' and '),
      'the numbers of this model',
      'The same network and optimizer as when it was saved; loadWeights(file) reads the weights alone.',
    );
  for (const [name, { shape, format, dtype }] of checkpoint.stored) {
    const own = store.spec(inStore(name));
    if (!sameShape(shape, own.shape) || dtype === undefined || isFloat(dtype) !== isFloat(own.dtype))
      throw refused(
        `${dtype ?? format}${formatShape(shape)} for '${name}'`,
        `${own.dtype}${formatShape(own.shape)}`,
        'The same network as when it was saved.',
      );
  }
  const all = new Map<string, Tensor>();
  for await (const [name, tensor] of checkpoint.tensors()) all.set(name, tensor());
  for (const [name, { data }] of all) store.write(inStore(name), data);
  for (const name of lacking) {
    const { spec, initial } = slotOf(name) ?? { spec: store.spec(name), initial: 0 };
    store.write(name, tensorOf(spec).data.fill(initial));
  }
}

function refused(got: string, expected: string, hint: string): CheckpointError {
  return new CheckpointError({ got, expected, hint, at: 'the checkpoint' });
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).map((name) => `'${name}'`);
  return names.length > 3 ? `${shown.join(', ')} and ${names.length - 3} more` : shown.join(', ');
}
