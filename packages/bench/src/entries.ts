import { type CaseName, caseOf } from './cases.ts';
import type { BackendName, Setting } from './library.ts';
import type { LibraryName } from './session.ts';

/** Who takes part in a case, under a name of its own. */
export interface Entry {
  readonly name: string;
  readonly library: LibraryName;
  readonly setting: Setting;
  /** What a reader of the table has to know. */
  readonly note?: string;
}

export interface Wanted {
  readonly backend: BackendName;
  readonly threads: number;
  /** In Chromium the peers have as many threads as the product; in Node they have one only. */
  readonly chromium: boolean;
}

const tuned = 'the gradients of its products written with explicit transposes';

/** The product first, itself in one thread beside several, then its peers that have such a backend. */
export function entriesOf(name: CaseName, { backend, threads, chromium }: Wanted): Entry[] {
  const entry = (library: LibraryName, form?: string, note?: string, count = 1): Entry => ({
    name: `${library}${form === undefined ? '' : `-${form}`}${count > 1 ? ` (${count} threads)` : ''}`,
    library,
    setting: { backend, threads: count, ...(form !== undefined && { form }) },
    ...(note !== undefined && { note }),
  });
  const own = [
    entry('pullback', undefined, undefined, threads),
    ...(threads > 1 ? [entry('pullback')] : []),
    ...(name === 'custom'
      ? [
          entry('pullback', 'expression', 'silu written as one expression', threads),
          entry('pullback', 'vjp', 'silu with a vjp written by hand', threads),
        ]
      : []),
  ];
  if (backend === 'cpu') return own;
  const { kind } = caseOf(name);
  const peer = (library: LibraryName, form?: string, note?: string) =>
    entry(library, form, note, chromium && backend === 'wasm' ? threads : 1);
  return [
    ...own,
    peer('jax-js'),
    peer('tfjs'),
    ...(kind === 'training' && name !== 'xor' && backend === 'wasm' ? [peer('tfjs', 'tuned', tuned)] : []),
    ...(kind === 'prediction' && backend === 'wasm' && !chromium ? [entry('onnxruntime-web')] : []),
  ];
}

/** The name without the number of threads, which has a field of its own. */
export function labelOf({ library, setting: { form } }: Entry): string {
  return form === undefined ? library : `${library}-${form}`;
}
