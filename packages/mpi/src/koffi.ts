import { createRequire } from 'node:module';
import { join } from 'node:path';
import { UnsupportedError } from '@pullback/core';

/** The part of koffi that is used. */
export interface Koffi {
  load(path: string, options: { readonly global: boolean; readonly lazy: boolean }): Library;
  address(value: unknown): bigint;
}

export interface Library {
  func(signature: string): (...given: readonly unknown[]) => unknown;
  /** The address of a variable. */
  symbol(name: string): unknown;
}

/** Koffi, from beside this package or from the folder that the program runs in. @throws UnsupportedError */
export function koffi(): Koffi {
  let reason = '';
  for (const from of [import.meta.url, join(process.cwd(), 'package.json')])
    try {
      return createRequire(from)('koffi');
    } catch (error) {
      reason = String(error).split('\n')[0] ?? '';
    }
  throw new UnsupportedError({
    got: `no koffi, which calls MPI: ${reason}`,
    expected: 'the package koffi',
    hint: 'npm install koffi',
  });
}
