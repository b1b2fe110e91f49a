import { checkOptions, type FieldsOf, field, type Reducer } from '@pullback/core';
import type { Callback } from '../fitting/callbacks.ts';
import type { Model } from '../model.ts';
import type { Named, Weights } from '../model-options.ts';

export interface LocalStepsOptions {
  /** How many steps every rank makes alone. */
  readonly every: number;
  /** The Nesterov momentum of the outer steps; 0.9 when left out, 0 with a learning rate of 1 for plain averaging. */
  readonly momentum?: number;
  /** The rate of the outer steps; 0.7 when left out. */
  readonly learningRate?: number;
}

const fields = {
  every: field.needed(field.whole({ from: 1 })),
  momentum: field.number({ from: 0, below: 1 }),
  learningRate: field.number({ above: 0 }),
} satisfies FieldsOf<LocalStepsOptions>;

/**
 * A callback for slow networks: each rank trains alone, on its own share of the data, and after every so many steps the weights of all make one outer step.
 * With d the mean over ranks of the weights before minus those after: v = m v + d, w = w - rate (d + m v). The model has no reducer of its own, every rank
 * has as many steps, and the last ones of a fit are averaged too. Slots and states stay each rank's own.
 * Source: Douillard et al. 2023, DiLoCo, algorithm 1.
 * @throws OptionError
 */
export function localSteps<Name extends Named>(
  model: Model<Name>,
  reducer: Reducer,
  options: LocalStepsOptions,
): Callback {
  checkOptions('localSteps', options, fields);
  const { every, momentum = 0.9, learningRate = 0.7 } = options;
  let start: Weights | undefined;
  let velocity: ReadonlyMap<string, Float64Array> = new Map();
  let steps = 0;
  const average = async () => {
    if (start === undefined || steps === 0) return;
    steps = 0;
    const now = await model.weights();
    const next: Record<string, Weights[string]> = {};
    const speeds = new Map<string, Float64Array>();
    for (const [path, { shape, data }] of Object.entries(start)) {
      const after = now[path]?.data;
      const down = Float64Array.from(data, (w, i) => (w - (after?.[i] ?? w)) / reducer.size);
      await reducer.sum(down);
      const before = velocity.get(path);
      const speed = down.map((d, i) => momentum * (before?.[i] ?? 0) + d);
      const moved = data.slice();
      moved.forEach((w, i) => {
        moved[i] = w - learningRate * ((down[i] ?? 0) + momentum * (speed[i] ?? 0));
      });
      speeds.set(path, speed);
      next[path] = { shape, data: moved };
    }
    velocity = speeds;
    start = next;
    await model.load(next);
  };
  return {
    epochStart: async () => {
      start ??= await model.weights();
    },
    step: async () => {
      if (++steps === every) await average();
    },
    fitEnd: average,
  };
}
