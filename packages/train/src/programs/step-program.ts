import { add, fill, formatShape, placeholder, ShapeError, slice, squeeze, type Value } from '@pullback/core';
import type { Definition } from '../definition/definition.ts';
import type { Watched } from './metric-sums.ts';
import { planNames } from './names.ts';
import { grown, observe } from './observe.ts';
import { planPart } from './part-programs.ts';
import type { Plan } from './plan.ts';
import { gradientsOf, updated } from './update.ts';
import { type BatchSpecs, namesOf, walkOnce, walkThrough } from './walk-through.ts';

/** prediction from inputs. */
function planPrediction(definition: Definition, specs: BatchSpecs): Plan {
  const walked = walkThrough(definition, specs, false);
  const names = namesOf(walked);
  const { predictions } = walked;
  return names.plan(new Map(predictions.map((value, i) => [planNames.prediction(i), value])));
}

/**
 * prediction of the last place, where places come some at a time: what layers keep of those before, and their number, grow.
 * @param capacity how many places there may be in all.
 */
export function planDecoding(definition: Definition, specs: BatchSpecs, capacity: number): Plan {
  const position = placeholder({ shape: [], dtype: 'int32' }, planNames.position);
  const walked = walkOnce(definition, specs, false, { decoding: { position, capacity } });
  const names = namesOf(walked);
  names.put(planNames.position, position);
  const caches = [...walked.walk.caches.values()];
  for (const { path, value } of caches) names.put(planNames.cache(path), value);
  const places = specs.inputs[0]?.shape[1] ?? 0;
  const outputs = walked.predictions.map((value, i) => {
    if (value.shape.length < 3 || value.shape[1] !== places)
      throw new ShapeError({
        got: `${formatShape(value.shape)} of the network, for ${places} new places`,
        expected: 'an output [n, t, ...] with a place for each',
      });
    const last = squeeze(slice(value, [0, places - 1], [value.shape[0] ?? 0, places]), 1);
    return [planNames.prediction(i), last] as const;
  });
  return names.plan(
    new Map<string, Value>([
      ...outputs,
      ...caches.map(({ path, next }) => [planNames.cache(path), next] as const),
      [planNames.position, add(position, places)],
    ]),
  );
}

/** total:loss and total:metrics grow by what a batch adds; nothing else changes. */
function planEvaluation(definition: Definition, specs: BatchSpecs, watched: readonly Watched[] = []): Plan {
  const walked = walkThrough(definition, specs, false);
  const names = namesOf(walked);
  const { addends } = observe(definition, specs, walked, names);
  return names.plan(new Map([...grown(addends(watched), names, definition.dtype), ...walked.chosen.next]));
}

/**
 * One step: forward, backward and update as one Program, whose new weights land in the old ones' buffers. (2.3, 2.6)
 * Without `watched` it belongs to no run, and nothing is added up.
 */
function planTraining(definition: Definition, specs: BatchSpecs, watched?: readonly Watched[]): Plan {
  const walked = walkThrough(definition, specs, true);
  const { walk, chosen, step, predictions } = walked;
  const names = namesOf(walked);
  const { loss, addends, ...data } = observe(definition, specs, walked, names);
  const totals = grown(watched === undefined ? [] : addends(watched), names, definition.dtype);
  const gradients =
    definition.sampleGradients === undefined
      ? gradientsOf(loss, walk.learned)
      : definition.sampleGradients.gradients({ definition, ...walked, ...data });
  const count = predictions[0]?.shape.at(definition.placement.sampleAxis) ?? 1;
  const samples = fill(countedSamples(definition, count), [], definition.dtype);
  const next = updated(definition, names, walk.learned, gradients, { step, samples });
  const states = [...walk.states.values()].map((state) => [`state:${state.path}`, state.next] as const);
  return names.plan(new Map([['loss', loss], ...totals, ...chosen.next, ...next, ...states]));
}

/** How many of a batch's samples the error of a step is a mean over; 1 for sums, in which every sample counts alike whatever the batch. */
export function countedSamples({ heads }: Definition, count: number): number {
  return heads.some(({ loss }) => loss.reduction === 'mean') ? count : 1;
}

const planners = {
  training: planTraining,
  evaluation: planEvaluation,
  prediction: planPrediction,
  trainingPart: (...of) => planPart(...of, true),
  evaluationPart: (...of) => planPart(...of, false),
} satisfies Record<string, (...of: [Definition, BatchSpecs, (readonly Watched[])?]) => Plan>;

export type PlanKind = keyof typeof planners;

/** The Program of that kind for batches of `specs`. */
export function planOf(
  kind: PlanKind,
  definition: Definition,
  specs: BatchSpecs,
  watched?: readonly Watched[],
): Plan {
  return planners[kind](definition, specs, watched);
}
