import {
  cast,
  type FloatDType,
  foldIn,
  isFloat,
  placeholder,
  type TensorSpec,
  type Value,
} from '@pullback/core';
import type { Definition } from '../definition/definition.ts';
import { predictionsOf } from '../definition/outputs.ts';
import { type Build, Walk } from '../definition/walk.ts';
import { planNames, shared } from './names.ts';
import { Names } from './plan.ts';
import { type Choice, choose } from './sample-selection.ts';

/** The specs of a batch: the model's inputs, its targets where there are some, weights of samples where there are some. */
export interface BatchSpecs {
  readonly inputs: readonly TensorSpec[];
  readonly targets: readonly TensorSpec[];
  readonly weights?: TensorSpec;
  /** Which of the samples a step takes; all of them when left out. */
  readonly choice?: Choice;
}

/** Samples without targets. */
export function samplesOf({ inputs, layout, dtype }: Definition, count: number): BatchSpecs {
  const shapes = Object.values(inputs).map((shape) =>
    layout === 'row' ? [count, ...shape] : [...shape, count],
  );
  return { inputs: shapes.map((shape) => ({ shape, dtype })), targets: [] };
}

/**
 * One walk through the network of `definition`, on a batch of `specs`; a second one where a layer is frozen in one place and trained in
 * another, which is known at its end.
 */
export function walkThrough(
  definition: Definition,
  specs: BatchSpecs,
  training: boolean,
  more: Pick<WalkOptions, 'place'> = {},
) {
  const first = walkOnce(definition, specs, training, more);
  const { held } = first.walk;
  return held.size === 0 || !training ? first : walkOnce(definition, specs, training, { ...more, held });
}

interface WalkOptions extends Pick<Build, 'held' | 'decoding'> {
  /** Of the first sample among those of its whole batch, int32: random numbers are derived from it too. */
  readonly place?: Value;
}

export function walkOnce(
  definition: Definition,
  specs: BatchSpecs,
  training: boolean,
  { place, ...more }: WalkOptions = {},
) {
  const { dtype, layout, network, heads } = definition;
  const key = placeholder({ shape: [2], dtype: 'int32' }, shared.key);
  const step = placeholder({ shape: [], dtype: 'int32' }, shared.step);
  const ofPart = place === undefined ? key : foldIn(key, place);
  const walk = new Walk({ dtype, layout, training, key: ofPart, step, ...more });
  const xs = specs.inputs.map((spec, i) => placeholder(spec, planNames.input(i)));
  const { sampleAxis } = definition.placement;
  const chosen = choose(specs.choice, xs[0]?.shape.at(sampleAxis) ?? 0, step);
  const batch = xs.map((x) => {
    const taken = chosen.take(x, sampleAxis);
    return isFloat(taken.dtype) ? taken : cast(taken, dtype);
  });
  const output = walk.run('network', network, ...batch);
  return { walk, xs, batch, predictions: predictionsOf(output, heads), chosen, key, step };
}

export type Walked = ReturnType<typeof walkThrough>;

/** `names`, with those of what a walk reads. */
export function namesOf({ xs, walk, chosen, key, step }: Walked, names = new Names()): Names {
  xs.forEach((x, i) => {
    names.put(planNames.input(i), x);
  });
  for (const [name, value] of chosen.inputs) names.put(name, value);
  for (const { path, value } of walk.parameters.values()) names.put(`weight:${path}`, value);
  for (const { path, value } of walk.states.values()) names.put(`state:${path}`, value);
  names.put(shared.key, key);
  names.put(shared.step, step);
  return names;
}

/** Targets that are bytes as floats; integers stay, since they name things. */
export function computable(x: Value, dtype: FloatDType): Value {
  return isFloat(x.dtype) || x.dtype === 'int32' ? x : cast(x, dtype);
}
