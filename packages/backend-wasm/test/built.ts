import type { Plan } from '@pullback/compiler';
import { buildKernels, planOf } from '../src/build.ts';
import type { BuildOptions, Built } from '../src/built.ts';
import type { Writers } from '../src/export.ts';
import { buildStraight, onThisEngine } from '../src/straight-lines.ts';

export const writers: Writers = {
  plan: planOf,
  straight: buildStraight,
  kernels: buildKernels,
  onThisEngine,
};

/** A straight line, or the kernels of the plan. */
export function build(plan: Plan, options: BuildOptions): Built {
  return (
    buildStraight(
      plan.program,
      plan.program.outputs.map(() => []),
      options,
    ) ?? buildKernels(plan, options)
  );
}
