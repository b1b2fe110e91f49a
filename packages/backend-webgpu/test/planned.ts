import { kernelsFor, planFor } from '@pullback/compiler';
import { placeholder, type TensorSpec, trace, type Value } from '@pullback/core';
import { type Dispatch, dispatchesFor } from '../src/dispatches.ts';
import { stagesOf } from '../src/stages/stages.ts';
import { alignment, Values, wordOf } from '../src/values.ts';

export const limits = { maxStorageBuffersPerShaderStage: 10, maxStorageBufferBindingSize: 2 ** 27 };

export const cuts = {
  software: { invocations: 128, longestRow: 2 ** 14, sharedTiles: false, innerVectors: false },
  hardware: { invocations: 8192, longestRow: 64, sharedTiles: true, innerVectors: true },
} as const;

/** The dispatches of f without a device; `inPlace` says which input an output is written over. */
export function planned(...of: Parameters<typeof stagesFor>): Dispatch[] {
  const { stages, places } = stagesFor(...of);
  return dispatchesFor(stages, places, limits);
}

/** The stages that its dispatches are made of, and where their values lie. */
export function stagesFor(
  specs: readonly TensorSpec[],
  f: (...x: Value[]) => readonly Value[],
  cut: keyof typeof cuts = 'software',
  inPlace: readonly (number | undefined)[] = [],
  subgroups = false,
) {
  const values = specs.map((spec, i) => placeholder(spec, `input ${i}`));
  const outputs = f(...values);
  const kernels = kernelsFor(trace(values, outputs), { mostBuffers: 8, doubles: false });
  const inputs = specs.map((spec) => ({ spec }));
  const made = outputs.map(({ spec }, i) => inputs[inPlace[i] ?? -1] ?? { spec });
  const aliases = made.map((buffer) => inputs.flatMap((input, i) => (input === buffer ? [i] : [])));
  const plan = planFor(kernels, aliases, { alignment, bytesOf: wordOf });
  const places = new Values(plan, inputs, made);
  const stages = plan.kernels.flatMap((kernel) =>
    stagesOf(kernel, plan.specs, { ...cuts[cut], subgroups, scratch: places.scratch }),
  );
  return { stages, places };
}
