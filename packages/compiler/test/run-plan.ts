import { type Aliases, type Kernel, type Plan, planFor } from '@pullback/compiler';
import { type TypedArray, tensorOf } from '@pullback/core';
import type { RandomProgram } from '@pullback/testing';
import { kernelsOf } from '../src/build.ts';
import { type Fused, fuse } from '../src/fuse.ts';
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
  const lowered = (changes.lowered ?? same)(lower(program));
  const fused = (changes.fused ?? same)(fuse(lowered));
  const groups = fused.groups
    .map((group) => kernelsOf(group, lowered, fused))
    .filter(({ length }) => length > 0);
  const shared = over.map((input) => (input === undefined ? [] : [input]));
  const changed = changes.groups?.(groups, lowered) ?? groups;
  return plan(planFor({ program, lowered, groups: changed, reasons: fused.reasons }, aliases(shared)));
}

/** Compiles a random Program for the buffers that it is to be run on, and interprets its plan. */
export function runPlan(random: RandomProgram, changes: Changes = {}, backwards = false): TypedArray[] {
  const { program, data, over, times } = random;
  const specs = [...program.inputs, ...program.body.flatMap(({ outputs }) => outputs)];
  const inputs = data.map((tensor) => tensor.data.slice());
  const outputs = program.outputs.map((value, i) => {
    const own = inputs[over[i] ?? -1];
    return own ?? tensorOf(specs[value] ?? { shape: [], dtype: 'float32' }).data.fill(99);
  });
  interpret(planWith(random, changes), inputs, outputs, { times, backwards });
  return outputs;
}
