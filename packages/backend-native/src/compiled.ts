import { type Aliases, type Kernels, type Plan, planFor } from '@pullback/compiler';
import type { Program } from '@pullback/core';
import type { Source } from './source.ts';
import type { Crew } from './threads/crew.ts';
import type { Library } from './toolchain/library.ts';

/** The numbers of a step that C reads. */
export interface Listed {
  readonly script: BigInt64Array;
  readonly count: number;
  readonly scratch: number;
  /** For each thread. */
  readonly scratchBytes: number;
}

export type Step = (listed: Listed, times: number) => void;

/** A Program as a shared object: what shares memory is known only when buffers are bound, and is no matter of its code. */
export class Compiled {
  readonly #plans = new Map<string, Plan>();
  readonly step: Step;
  /** The same by a crew: undefined where there is none. */
  readonly together: Step | undefined;

  constructor(
    readonly program: Program,
    readonly kernels: Kernels,
    readonly source: Source,
    library: Library,
    readonly crew: Crew | undefined,
  ) {
    const step = library.func('void step(const void *script, int64_t count, int64_t scratch, int64_t times)');
    this.step = ({ script, count, scratch }, times) => {
      step(script, count, scratch, times);
    };
    if (crew === undefined) return;
    const together = library.func(
      'void together(const void *script, int64_t count, int64_t scratch, int64_t scratch_bytes, int64_t times, int64_t crew)',
    );
    this.together = ({ script, count, scratch, scratchBytes }, times) => {
      together(script, count, scratch, scratchBytes, times, crew.address);
    };
  }

  planFor(aliases: Aliases): Plan {
    const key = JSON.stringify(aliases);
    const plan = this.#plans.get(key) ?? planFor(this.kernels, aliases);
    this.#plans.set(key, plan);
    return plan;
  }
}
