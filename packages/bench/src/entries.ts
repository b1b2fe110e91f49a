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
  /** A Python whose JAX takes part. */
  readonly python?: string | undefined;
}

const channelsLast =
  'x and kernels in the memory format channels_last, which is its fastest for convolutions';
const tuned = 'the gradients of its products written with explicit transposes';

/** The product first, itself in one thread beside several, then its peers that have such a backend. */
export function entriesOf(name: CaseName, { backend, threads, chromium, python }: Wanted): Entry[] {
  const { kind } = caseOf(name);
  const steps = kind === 'step';
  const entry = (library: LibraryName, form?: string, note?: string, count = 1): Entry => ({
    name: `${library}${form === undefined ? '' : `-${form}`}${count > 1 ? ` (${count} threads)` : ''}`,
    library,
    // Peers have no native code for Node: those of WebAssembly stand beside it.
    setting: {
      backend: backend === 'native' && library !== 'pullback' ? 'wasm' : backend,
      threads: count,
      ...(form !== undefined && { form }),
      ...(steps && { steps }),
    },
    ...(note !== undefined && { note }),
  });
  const own = [
    entry('pullback', undefined, undefined, threads),
    ...(threads > 1 ? [entry('pullback')] : []),
    ...(backend === 'native' ? [onWasm(entry('pullback'))] : []),
    ...(name === 'custom'
      ? [
          entry('pullback', 'expression', 'silu written as one expression', threads),
          entry('pullback', 'vjp', 'silu with a vjp written by hand', threads),
        ]
      : []),
  ];
  if (backend === 'cpu') return own;
  // The peers have no layers of sequences that train on wasm; torch's time is that of packages/train/test/fixtures/gpt.py.
  if (kind === 'language' || kind === 'generation') return own;
  const fromPython =
    python === undefined || chromium || !steps
      ? []
      : [
          entry('torch'),
          ...(name === 'adam-10m' ? [] : [entry('torch', 'channels-last', channelsLast)]),
          entry('jax'),
        ];
  const peer = (library: LibraryName, form?: string, note?: string) =>
    entry(library, form, note, chromium && backend === 'wasm' ? threads : 1);
  const inPython =
    python === undefined || chromium || steps ? [] : [entry('jax', undefined, undefined, threads)];
  return [
    ...own,
    ...inPython,
    peer('jax-js'),
    // Its wasm kernels lack the gradients of convolutions.
    ...(steps && name !== 'adam-10m' ? [] : [peer('tfjs')]),
    ...fromPython,
    ...(kind === 'training' && name !== 'xor' && backend === 'wasm' ? [peer('tfjs', 'tuned', tuned)] : []),
    ...(kind === 'prediction' && backend === 'wasm' && !chromium ? [entry('onnxruntime-web')] : []),
  ];
}

/** The product on WebAssembly, beside itself in native code. */
function onWasm({ setting, ...entry }: Entry): Entry {
  return { ...entry, name: `${entry.name} (wasm)`, setting: { ...setting, backend: 'wasm' } };
}

/** The name without the number of threads, which has a field of its own. */
export function labelOf({ library, setting: { form } }: Entry): string {
  return form === undefined ? library : `${library}-${form}`;
}
