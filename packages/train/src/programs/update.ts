import { add, cast, gradient, labelled, mul, select, type Updates, type Value } from '@pullback/core';
import type { Definition } from '../definition/definition.ts';
import type { Parameter } from '../definition/walk.ts';
import { shared } from './names.ts';
import type { Names } from './plan.ts';

/**
 * The gradients of the error, and of what the regularisers of parameters add to it.
 * @param share the share of a whole batch that the error is of: what is added is multiplied by it.
 */
export function gradientsOf(error: Value, parameters: readonly Parameter[], share?: Value): readonly Value[] {
  const penalties = parameters.flatMap(({ path, value, regularizers }) =>
    [...regularizers].map((regularizer) => labelled({ path, pass: 'forward' }, () => regularizer(value))),
  );
  const shared = share === undefined ? penalties : penalties.map((penalty) => mul(penalty, share));
  return gradient(
    shared.reduce((sum, penalty) => add(sum, penalty), error),
    parameters.map(({ value }) => value),
  );
}

/**
 * The next weights, slots and step of a model, by name.
 * @param samples how many samples the error was a mean over.
 */
export function updated(
  definition: Definition,
  names: Names,
  parameters: readonly Parameter[],
  gradients: readonly Value[],
  { step, samples }: { readonly step: Value; readonly samples: Value },
): Map<string, Value> {
  const outputs = new Map<string, Value>();
  labelled({ path: 'optimizer', pass: 'update' }, () => {
    const { optimizer, dtype } = definition;
    const base = names.add(shared.learningRate, { shape: [], dtype });
    const factor = optimizer.schedule?.(cast(step, dtype));
    const learningRate = factor === undefined ? base : mul(base, factor);
    const optimized = parameters.map(({ path, value: weight }, i) => {
      const slots = Object.entries(optimizer.slots(weight.spec)).map(
        ([slot, { spec }]) => [slot, names.add(`slot:${path}/${slot}`, spec)] as const,
      );
      return { path, weight, gradient: gradients[i] ?? weight, slots: Object.fromEntries(slots) };
    });
    optimizer.update(optimized, { learningRate, step, samples }).forEach(({ weight, slots }, i) => {
      const parameter = parameters[i];
      if (parameter === undefined) return;
      const { path } = parameter;
      outputs.set(`weight:${path}`, constrained(parameter, weight, optimizer.updates?.(step, path)));
      for (const [slot, value] of Object.entries(slots)) outputs.set(`slot:${path}/${slot}`, value);
    });
    outputs.set(shared.step, add(step, 1));
  });
  return outputs;
}

/** The next value of a weight at an update; between two of them it stays. */
function constrained({ constraints }: Parameter, weight: Value, updates: Updates | undefined): Value {
  if (constraints.size === 0) return weight;
  const next = [...constraints].reduce((w, constraint) => constraint(w), weight);
  return updates === undefined ? next : select(updates.now, next, weight);
}
