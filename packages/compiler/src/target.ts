import type { Scalar } from '@pullback/core';
import { type Cost, costOf } from './fuse/cost.ts';
import type { WholeKernel } from './kernels/kernel.ts';

/** The numbers of a machine that decide what becomes one kernel: a backend hands over what differs from `anyTarget`. */
export interface Target {
  /** Whether it has float64. */
  readonly doubles: boolean;
  /** Whether it repeats a kernel of a primitive as a whole; it repeats all others. Without it the steps of repetitions are written out. */
  readonly repeats: ((kernel: WholeKernel) => boolean) | undefined;
  /** Whether elementwise ops join a product. */
  readonly epilogue: boolean;
  /** How many buffers a kernel may read and write. */
  readonly mostBuffers: number;
  /** Values of a row with so many inner points stay in registers until all outer ones are done. */
  readonly narrowRow: number;
  /** So many float64 terms of a sum are added in order, more as a tree: a sum of rows that are made one after the other may have no more. */
  readonly termsInOrder: number;
  costOf(formula: Scalar): Cost;
}

/** As many buffers as they like, sums in the order of the reference, and 16 numbers in four registers of four. */
export const anyTarget: Target = {
  doubles: true,
  repeats: undefined,
  epilogue: true,
  mostBuffers: Infinity,
  narrowRow: 16,
  termsInOrder: 64,
  costOf,
};
