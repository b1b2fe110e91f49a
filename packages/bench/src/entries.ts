import { type CaseName, caseOf } from './cases.ts';
import type { BackendName, Setting } from './library.ts';
import type { LibraryName } from './session.ts';

/** Who takes part in a case, under a name of its own. */
export interface Entry {
  readonly name: string;
  readonly library: LibraryName;
  readonly setting: Setting;
  /** A note for readers of the table. */
  readonly note?: string;
}

export interface Wanted {
  readonly backend: BackendName;
  readonly threads: number;
  /** In Chromium the peers have as many threads as the product; in Node they have one only. */
  readonly chromium: boolean;
  /** A Python whose torch and JAX take part. */
  readonly python?: string | undefined;
  /** The peers that take part; all when left out. */
  readonly only?: readonly string[] | undefined;
  /** Whether the time is what a process computes. */
  readonly cpu?: boolean;
}

const channelsLast =
  'x and kernels in the memory format channels_last, which is its fastest for convolutions';
const inDoubles = 'in JavaScript, in float64';
const tuned = 'the gradients of its products written with explicit transposes';

/** The product first, itself in one thread beside several, then its peers that have such a backend. */
export function entriesOf(name: CaseName, wanted: Wanted): Entry[] {
  const { backend, threads, chromium } = wanted;
  const { kind } = caseOf(name);
  const entry = entryFor(wanted);
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
  if (backend === 'cpu' || kind === 'generation') return own;
  if (kind === 'model')
    return [
      ...own,
      ...(chromium ? [] : [entry('onnxruntime-web')]),
      ...(wanted.python === undefined || chromium
        ? []
        : [entry('onnxruntime', undefined, undefined, threads)]),
    ];
  const peer = (library: LibraryName, form?: string, note?: string) =>
    entry(library, form, note, chromium && backend === 'wasm' ? threads : 1);
  // The peers of JavaScript have no layers of sequences that train on wasm, and no scan.
  const inJavaScript =
    kind === 'language' || isRecurrent(name)
      ? []
      : [
          peer('jax-js'),
          kind === 'step' && name !== 'adam-10m' ? ofImages(peer('tfjs')) : peer('tfjs'),
          ...(name === 'conv-3x3' && !chromium ? [peer('deepbox', undefined, inDoubles)] : []),
          ...((name === 'lenet' || name === 'conv-3x3') && !chromium
            ? [peer('convnetjs', undefined, inDoubles)]
            : []),
          ...(kind === 'training' && name !== 'xor' && backend === 'wasm'
            ? [peer('tfjs', 'tuned', tuned)]
            : []),
          ...(kind === 'prediction' && backend === 'wasm' && !chromium ? [entry('onnxruntime-web')] : []),
        ];
  const peers = [...inJavaScript, ...inPython(name, wanted)];
  return [...own, ...peers.filter(({ library }) => wanted.only?.includes(library) ?? true)];
}

/** Makes entries. Peers have no native code for Node: those of WebAssembly stand beside it. */
function entryFor({ backend, cpu }: Wanted) {
  return (library: LibraryName, form?: string, note?: string, count = 1): Entry => ({
    name: `${library}${form === undefined ? '' : `-${form}`}${count > 1 ? ` (${count} threads)` : ''}`,
    library,
    setting: {
      backend: backend === 'native' && library !== 'pullback' ? 'wasm' : backend,
      threads: count,
      clock: cpu ? 'cpu' : 'wall',
      ...(form !== undefined && { form }),
    },
    ...(note !== undefined && { note }),
  });
}

const isRecurrent = (name: CaseName) => name === 'lstm' || name === 'lstm-256';

function inPython(name: CaseName, wanted: Wanted): Entry[] {
  if (wanted.python === undefined || wanted.chromium) return [];
  const entry = entryFor(wanted);
  const peer = (library: LibraryName, form?: string, note?: string) =>
    entry(library, form, note, wanted.threads);
  return [
    peer('torch'),
    // Its update of Adam is one function already.
    ...(name === 'adam-10m' ? [] : [peer('torch', 'compile', 'by torch.compile')]),
    ...(caseOf(name).kind === 'step' && name !== 'adam-10m' && !isRecurrent(name)
      ? [peer('torch', 'channels-last', channelsLast)]
      : []),
    peer('jax'),
  ];
}

/** The product on WebAssembly, beside itself in native code. */
function onWasm({ setting, ...entry }: Entry): Entry {
  return { ...entry, name: `${entry.name} (wasm)`, setting: { ...setting, backend: 'wasm' } };
}

/** tfjs by its kernels in JavaScript: those of wasm lack the gradients of convolutions. */
function ofImages({ setting, ...entry }: Entry): Entry {
  if (setting.backend === 'webgpu') return { ...entry, setting };
  return { ...entry, note: 'its kernels in JavaScript', setting: { ...setting, backend: 'cpu' } };
}

/** The name without the number of threads, which has a field of its own. */
export function labelOf({ library, setting: { form } }: Entry): string {
  return form === undefined ? library : `${library}-${form}`;
}
