import type { Backend, Buffer, TensorSpec } from '@pullback/core';
import { ConformanceError } from './case.ts';
import { shown } from './numbers-as-text.ts';

/** The buffer of most examinations: four numbers. */
export const matrix: TensorSpec = { shape: [2, 2], dtype: 'float32' };

/** One thing that a backend must do, and what examines it. */
export type Examination = readonly [what: string, run: (backend: Backend) => Promise<void>];

export function fail(): never {
  throw new ConformanceError({ what: 'a buffer', got: 'none', expected: 'one' });
}

export function expectSame(what: string, got: unknown, expected: unknown): void {
  if (JSON.stringify(got) !== JSON.stringify(expected))
    throw new ConformanceError({ what, got: JSON.stringify(got), expected: JSON.stringify(expected) });
}

export async function expectNumbers(
  backend: Backend,
  buffer: Buffer,
  wanted: readonly number[],
  what: string,
): Promise<void> {
  const got = Array.from(await backend.read(buffer));
  if (got.length !== wanted.length || !got.every((value, i) => Object.is(value, wanted[i])))
    throw new ConformanceError({
      what,
      got: `[${got.map(shown).join(', ')}]`,
      expected: `[${wanted.map(shown).join(', ')}]`,
    });
}

/** The errors of the contract, by what they are for. */
export type Expected = 'ShapeError' | 'DisposedError' | 'UnsupportedError';

/** That `run` throws, or rejects. The class is named in the finding; any error is better than none. */
export async function expectError(what: string, expected: Expected, run: () => unknown): Promise<void> {
  try {
    await run();
  } catch {
    return;
  }
  throw new ConformanceError({ what, got: 'no error', expected: `a ${expected}` });
}
