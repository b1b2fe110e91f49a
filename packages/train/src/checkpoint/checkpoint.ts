import {
  CheckpointError,
  formatShape,
  isFloat,
  type Optimizer,
  sameShape,
  type Tensor,
  tensorOf,
} from '@pullback/core';
import {
  type ByteTarget,
  type SaveOptions as FileOptions,
  type Saved,
  type TensorFile,
  writeSafetensors,
} from '@pullback/safetensors';
import { planNames } from '../programs/names.ts';
import type { Store } from '../running/numbers.ts';

/** In a file a weight has its bare path, as other programs expect. */
const inFile = (name: string) => name.replace(/^weight:/, '');
const inStore = (name: string) =>
  /^(slot|state):|^(step|key|learningRate)$/.test(name) ? name : `weight:${name}`;

/** Whether a name in a file of ours is that of a weight. */
export const isWeight = (name: string) => inStore(name) !== name;

/** The entry of a checkpoint that has the weights which are learned, and no others. */
export const partOf = { part: 'learned' } as const;
export const isPart = ({ metadata }: TensorFile) => metadata['part'] === partOf.part;

/** Writes a store, a tensor at a time; with `learned` weights of these paths alone. */
export async function saveStore(
  store: Store,
  target: ByteTarget,
  metadata: Readonly<Record<string, string>>,
  { learned, ...options }: FileOptions & { readonly learned?: ReadonlySet<string> | undefined },
): Promise<Saved> {
  const isLeftOut = (name: string) =>
    learned !== undefined && name.startsWith('weight:') && !learned.has(inFile(name));
  const names = store.names().filter((name) => planNames.isLasting(name) && !isLeftOut(name));
  const tensors = names.map(
    (name) => [inFile(name), { ...store.spec(name), data: () => store.read(name) }] as const,
  );
  return writeSafetensors(target, new Map(tensors), {
    ...options,
    metadata: learned === undefined ? metadata : { ...metadata, ...partOf },
  });
}

/**
 * Puts the numbers of a checkpoint into a store; floats are rounded where the store's are of another dtype. An optional slot that it lacks
 * is at its initial number. Weights that are not `learned` stay as they are where the checkpoint has those that are alone.
 * @throws CheckpointError when the names or shapes are not those of the store: before anything is read or changed.
 */
export async function restoreStore(
  store: Store,
  checkpoint: TensorFile,
  optimizer: Pick<Optimizer, 'slots'>,
  learned: ReadonlySet<string>,
): Promise<void> {
  const wanted = store.names().filter(planNames.isLasting);
  const stays = (name: string) =>
    isPart(checkpoint) && name.startsWith('weight:') && !learned.has(inFile(name));
  const lacking = wanted.filter((name) => !checkpoint.stored.has(inFile(name)) && !stays(name));
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
