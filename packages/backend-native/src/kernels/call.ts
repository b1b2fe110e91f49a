import type { TensorSpec, TypedArray } from '@pullback/core';

/** Numbers of the Program, which lie where they are put before the first step. */
export interface Numbers {
  readonly kind: 'numbers';
  readonly data: TypedArray;
  readonly spec: TensorSpec;
}

/** Where a buffer of a call begins: at an element of a value, at numbers, or at the memory that repetitions have for what their steps make. */
export type Start =
  | { readonly kind: 'value'; readonly value: number; readonly element: number }
  | Numbers
  | { readonly kind: 'own' };

/** A function that does a kernel, and what it is given. */
export interface Call {
  readonly name: string;
  /** Its place in the list of functions. */
  readonly index: number;
  readonly units: number;
  /** Bytes of scratch memory that each thread needs. */
  readonly scratch: number;
  /** Bytes that a repetition needs for what its steps make. */
  readonly bytes: number;
  /** Whether threads share it: its units, or those of kernels of a step. */
  readonly divided: boolean;
  /** Of a repetition whose steps are divided: the function that all threads go through. */
  readonly together: string | undefined;
  readonly starts: readonly Start[];
}
