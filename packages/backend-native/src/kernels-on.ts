import { type Kernels, kernelsFor } from '@pullback/compiler';
import type { Program } from '@pullback/core';
import { isWritten } from './kernels/whole.ts';

/** A Program as kernels. */
export function kernelsOn(program: Program): Kernels {
  return kernelsFor(program, { repeats: isWritten });
}
