import { isDeepStrictEqual } from 'node:util';
import { type Aliases, type Kernel, type Plan, planFor } from '@pullback/compiler';
import { type TypedArray, tensorOf, unrolled } from '@pullback/core';
import type { RandomProgram } from '@pullback/testing';
import { type Fused, fuse } from '../src/fuse/fuse.ts';
import { kernelsOf } from '../src/kernels/build.ts';
import { type Lowered, lower } from '../src/lower/lower.ts';
import { interpret } from './interpret.ts';

/** What is done to the result of a stage before the next one sees it. */
export interface Changes {
  readonly lowered?: (lowered: Lowered) => Lowered;
  readonly fused?: (fused: Fused) => Fused;
  readonly groups?: (
    groups: readonly (readonly Kernel[])[],
    lowered: Lowered,
  ) => readonly (readonly Kernel[])[];
  readonly aliases?: (aliases: Aliases) => Aliases;
  readonly plan?: (plan: Plan) => Plan;
}

const same = <T>(x: T): T => x;

/** The stages one after the other, each result changed. */
export function planWith({ program, over }: Pick<RandomProgram, 'program' | 'over'>, changes: Changes): Plan {
  const { aliases = same, plan = same } = changes;
  const lowered = (changes.lowered ?? same)(lower(unrolled(program)));
  const fused = (changes.fused ?? same)(fuse(lowered));
  const groups = fused.groups
    .map((group) => kernelsOf(group, lowered, fused))
    .filter(({ length }) => length > 0);
  const shared = over.map((input) => (input === undefined ? [] : [input]));
  const changed = changes.groups?.(groups, lowered) ?? groups;
  return plan(
    planFor(
      { program: unrolled(program), lowered, groups: changed, reasons: fused.reasons },
      aliases(shared),
    ),
  );
}

/** Compiles a random Program for the buffers that it is to be run on, and interprets its plan. */
export function runPlan(random: RandomProgram, changes: Changes = {}, backwards = false): TypedArray[] {
  return run(planWith(random, changes), random, backwards);
}

/** What each output's buffer holds when the plan of a random Program has run. */
export function run(
  plan: Plan,
  { program, data, over, times }: RandomProgram,
  backwards = false,
): TypedArray[] {
  const specs = [...program.inputs, ...program.body.flatMap(({ outputs }) => outputs)];
  const inputs = data.map((tensor) => tensor.data.slice());
  const outputs = program.outputs.map((value, i) => {
    const own = inputs[over[i] ?? -1];
    return own ?? tensorOf(specs[value] ?? { shape: [], dtype: 'float32' }).data.fill(99);
  });
  interpret(plan, inputs, outputs, { times, backwards });
  return outputs;
}

/** Whether two plans do the same in the same places. */
export function isSame(a: Plan, b: Plan): boolean {
  return isDeepStrictEqual(told(a), told(b));
}

function told({ kernels, copies, literals, arena, specs, locate }: Plan) {
  return { kernels, copies, literals, arena, places: [...specs.keys()].map(locate) };
}
