import type { Statement } from '@pullback/compiler';
import type { DType } from '@pullback/core';
import type { Code } from '../encoding.ts';
import type { Four, Lane } from '../lane.ts';
import type { Locals } from '../module.ts';

/** Memory of a thread that a kernel needs while it runs. */
export class Scratch {
  bytes = 0;

  /** @returns the offset of a block from the start. */
  take(bytes: number): number {
    const offset = this.bytes;
    this.bytes += Math.ceil(bytes / 16) * 16;
    return offset;
  }
}

export interface SumPlace {
  readonly locals: Locals;
  readonly scratch: Scratch;
  /** The local of the address of the scratch memory. */
  readonly scratchAt: Code;
  /** How many terms there will be. */
  readonly terms: number;
}

/** A sum or maximum that grows, four elements at a time. */
export interface Running {
  /** Before the first term. */
  start(): Code;
  /** The first `count` of four terms. */
  add(lane: Lane, four: Four, count: number): void;
  /** Takes over what another one of its kind has added. */
  join(lane: Lane, other: Running): void;
  /** The result, after the last term. */
  finish(lane: Lane): Four;
  /** The v128 that it is between two terms, so that it can be laid aside; undefined where it is more. */
  readonly state: readonly number[] | undefined;
}

/** The operation by which a statement joins elements, and the dtype of its sums. */
export function reductionOf({ name, dtype }: Pick<Statement, 'name' | 'dtype'>): ['sum' | 'max', DType] {
  return [name === 'max' ? 'max' : 'sum', dtype];
}
