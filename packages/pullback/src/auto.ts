import type { Backend, FloatDType } from '@pullback/core';
import { nodeProcess } from './node-process.ts';
import { forbidden, whyNoWasm } from './why-no-wasm.ts';
import { mayHaveWebGpu } from './why-no-webgpu.ts';

/** The facts of a computation that `auto` decides by. */
export interface Asked {
  /** A GPU has no float64. float32 when left out. */
  readonly dtype: FloatDType | undefined;
  /** Roughly how many operations a step or call is, asked for where C could be compiled for it; few when left out. */
  readonly operations: (() => number) | undefined;
}

/** Loads the backends of the processor. */
export type Loaders = Readonly<Record<'native' | 'wasm' | 'cpu', () => Promise<Backend>>>;

/**
 * Operations of a step from which on native code is worth being compiled: of 10^7, native saves some 60 microseconds against wasm, so that ten thousand
 * such steps save what the compiler takes.
 */
const worthCompiling = 1e7;

const reasons = new WeakMap<Backend, string>();

/** Why `auto` took this backend, in words; undefined for one that it did not choose. */
export function whyChosen(backend: Backend): string | undefined {
  return reasons.get(backend);
}

/** The fastest backend that the machine has for such a computation. */
export async function chosen(asked: Asked, loaders: Loaders): Promise<Backend> {
  const gpu = asked.dtype === 'float64' ? undefined : await onGpu();
  if (gpu !== undefined) return because(gpu, 'there is a GPU');
  const native = await nativeFor(asked, loaders);
  if (typeof native !== 'string') return because(native, 'a step is long enough to be worth compiling C');
  const why = whyNoWasm();
  if (why === undefined) return because(await loaders.wasm(), `not native, since ${native}`);
  if (why === forbidden) warnOnce(`The backend is cpu, which is slow: ${why}.`);
  return because(await loaders.cpu(), `not native, since ${native}; not wasm, since ${why}`);
}

function because(backend: Backend, reason: string): Backend {
  reasons.set(backend, reason);
  return backend;
}

/** The backend that compiles C for that, or why there is none. Nothing is loaded for what is short. */
async function nativeFor({ operations }: Asked, loaders: Loaders): Promise<Backend | string> {
  if (nodeProcess() === undefined) return 'a page can compile no C';
  const work = workOf(operations);
  if (work < worthCompiling)
    return `a step of some ${work.toExponential(0)} operations is too short to be worth compiling C`;
  const why = (await import('@pullback/backend-native')).whyNoNative();
  return (
    why ??
    loaders.native().catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
  );
}

/** 0 for a network that cannot be built: that is told where it is built. */
function workOf(operations: Asked['operations']): number {
  try {
    return operations?.() ?? 0;
  } catch {
    return 0;
  }
}

/**
 * A backend on a GPU, which runs on the host what it has no kernel for; undefined where there is none: an adapter that computes on the CPU loses to
 * wasm. Nothing is loaded where there is no WebGPU.
 */
async function onGpu(): Promise<Backend | undefined> {
  if (!mayHaveWebGpu()) return undefined;
  const { findAdapter, isSoftware, webgpu } = await import('@pullback/backend-webgpu');
  try {
    const adapter = await findAdapter();
    if (adapter === undefined || isSoftware(adapter)) return undefined;
    return await webgpu({ fallback: 'cpu' });
  } catch {
    return undefined;
  }
}

let warned = false;

function warnOnce(text: string): void {
  if (!warned) console.warn(text);
  warned = true;
}
