import type { Origin } from '@pullback/core';

/** How the code of a stage reaches the values that it reads and writes. */
export interface Memory {
  /** The element at `index`, an expression of u32, as f32, i32, u32 or bool. */
  load(value: number, index: string): string;
  /** Four elements, of which the first is at four times `index`; only of values that the stage has in `vectors`. */
  load4(value: number, index: string): string;
  /** A statement. */
  store(value: number, index: string, element: string): string;
}

/**
 * A piece of work that needs no waiting inside: a kernel, or a part of one. It becomes a WGSL function that `groups` workgroups run, each with its
 * number as `group` and its invocations as `lane`.
 */
export interface Stage {
  readonly label: string;
  readonly origins: readonly Origin[];
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** How many invocations one workgroup must have; any number where it is left out. */
  readonly width?: number;
  /** Values that are only read four at a time. */
  readonly vectors?: readonly number[];
  /** Whether its code calls subgroup functions. */
  readonly subgroups?: boolean;
  groups(width: number): number;
  /** Declarations outside of the function, such as workgroup memory; names end in `suffix`. */
  declarations?(memory: Memory, suffix: string): string;
  /** The body of the function. */
  body(memory: Memory, width: number, suffix: string): string;
  /** Roughly how many operations one invocation does. */
  readonly operations: number;
}
