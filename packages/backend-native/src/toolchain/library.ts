import { UnsupportedError } from '@pullback/core';
import type { Host } from './host.ts';

/** The part of koffi that is used. */
export interface Koffi {
  load(path: string): Library;
  address(value: ArrayBufferView): bigint;
}

export interface Library {
  func(signature: string): (...given: readonly unknown[]) => unknown;
  unload?(): void;
}

/** Koffi, from beside this package or from the folder that the program runs in. @throws UnsupportedError */
export function koffiOf(host: Host): Koffi {
  const found = foundKoffi(host);
  if (typeof found !== 'string') return found;
  throw new UnsupportedError({
    got: `no koffi, which calls C: ${found}`,
    expected: 'the package koffi',
    hint: "npm install koffi (in Deno also --allow-ffi). The backend 'wasm' needs none.",
  });
}

/** Koffi, or why it cannot be loaded. */
export function foundKoffi({ modules, path, process }: Host): Koffi | string {
  const reasons = new Set<string>();
  for (const from of [import.meta.url, path.join(process.cwd(), 'package.json')]) {
    try {
      const loaded: unknown = modules.createRequire(from)('koffi');
      if (isKoffi(loaded)) return loaded;
      reasons.add('what is called koffi is another package');
    } catch (error) {
      reasons.add((error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '');
    }
  }
  return [...reasons].join('; ');
}

function isKoffi(given: unknown): given is Koffi {
  return typeof given === 'object' && given !== null && 'load' in given && 'address' in given;
}
