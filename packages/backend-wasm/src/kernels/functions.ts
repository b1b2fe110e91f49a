import {
  flopsOf,
  type Kernel,
  type Plan,
  structureOf,
  trafficOf,
  type WholeKernel,
} from '@pullback/compiler';
import { i32 } from '../instructions.ts';
import type { LaneOptions } from '../lane.ts';
import type { Part } from '../threads/work.ts';
import { type Defined, defineLoop } from './loop.ts';
import { type Globals, Listed, type Places, type Start, startOf } from './places.ts';
import { defineProductKernel } from './product.ts';
import { defineWhole, isWritten } from './whole.ts';

/** The kernels of a plan as functions. */
export interface Functions {
  /** In the order of the kernels. */
  readonly parts: readonly Part[];
  /** The kernels that the host runs. */
  readonly host: readonly WholeKernel[];
  /** Where the buffers lie of kernels that share a function: int32 addresses in the arena, from the byte `at` of the options on. */
  readonly table: readonly Start[];
  /** Bytes of scratch memory that the largest of them needs. */
  readonly scratch: number;
}

export interface FunctionOptions extends LaneOptions {
  /** The byte of the arena from which on the table lies. */
  readonly at: number;
  /** Operations and elements from which on a kernel is divided among threads; none is when left out. */
  readonly wide?: number | undefined;
}

/** Kernels that are equal but for their buffers share a function, which reads addresses from a table; others have them in their code. */
export function defineKernels(
  plan: Plan,
  globals: Globals,
  { at, wide, ...options }: FunctionOptions,
): Functions {
  const kernels = plan.kernels.map((kernel) => structureOf(kernel, plan.specs));
  const times = new Map<string, number>();
  for (const { key } of kernels) times.set(key, (times.get(key) ?? 0) + 1);
  const shared = new Map<string, Defined>();
  const table: Start[] = [];
  const host: WholeKernel[] = [];
  let scratch = 0;
  const parts = kernels.map(({ kernel: moved, key, from }, i): Part => {
    const kernel = plan.kernels[i] ?? moved;
    if (kernel.kind === 'whole' && !isWritten(kernel)) return { host: host.push(kernel) - 1 };
    const alone = times.get(key) === 1;
    const known = shared.get(key);
    const defined =
      known ??
      (alone
        ? define(kernel, globals, options)
        : define(moved, new Listed(globals.module, plan, from), options));
    shared.set(key, defined);
    scratch = Math.max(scratch, defined.scratch);
    const divided = defined.units > 1 && wide !== undefined && workOf(kernel, plan) >= wide;
    if (alone) return { ...defined, divided, given: [] };
    const row = i32.add(globals.named('arena'), i32.const(at + table.length * 4));
    table.push(...from.map(({ buffer, offset }) => startOf(plan, buffer, offset)));
    return { ...defined, divided, given: [row] };
  });
  return { parts, host, table, scratch };
}

/** Operations and elements of a kernel, which say how long it takes. */
function workOf(kernel: Kernel, plan: Plan): number {
  return flopsOf(kernel) + trafficOf(kernel, plan) / 4;
}

function define(kernel: Kernel, places: Places, options: LaneOptions): Defined {
  switch (kernel.kind) {
    case 'product':
      return defineProductKernel(kernel, places, options);
    case 'loop':
      return defineLoop(kernel, places, options);
    case 'whole':
      return defineWhole(kernel, places);
    default:
      return kernel satisfies never;
  }
}
