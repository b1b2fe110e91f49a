import { type Kernels, kernelsFor, type Plan, planFor } from '@pullback/compiler';
import { type TypedArray, tensorOf } from '@pullback/core';
import type { RandomProgram } from '@pullback/testing';
import { interpret } from './interpret.ts';

/** What can be done to a Program's kernels and plan before they are run. */
export interface Changes {
  readonly kernels?: (kernels: Kernels) => Kernels;
  readonly plan?: (plan: Plan) => Plan;
}

/** Compiles a random Program for the buffers that it is to be run on, and interprets its plan. */
export function runPlan(
  { program, data, over, times }: RandomProgram,
  { kernels = (same) => same, plan: change = (same) => same }: Changes = {},
  backwards = false,
): TypedArray[] {
  const specs = [...program.inputs, ...program.body.flatMap(({ outputs }) => outputs)];
  const plan = planFor(
    kernels(kernelsFor(program)),
    over.map((input) => (input === undefined ? [] : [input])),
  );
  const inputs = data.map((tensor) => tensor.data.slice());
  const outputs = program.outputs.map((value, i) => {
    const own = inputs[over[i] ?? -1];
    return own ?? tensorOf(specs[value] ?? { shape: [], dtype: 'float32' }).data.fill(99);
  });
  interpret(change(plan), inputs, outputs, { times, backwards });
  return outputs;
}
