import { expandDims, foldIn, gradient, iota, UnsupportedError, type Value, vmap } from '@pullback/core';
import type { StepGraph } from '../definition/definition.ts';
import { errorOf, predictionsOf } from '../definition/outputs.ts';
import { Walk } from '../definition/walk.ts';
import { weightedSum } from '../programs/observe.ts';

/**
 * The gradients of the error of every sample at the weights that are learned, [n, ...shape] each: the network is walked through once more on a batch of one, with
 * the weights of the step, and that for all samples together. Random numbers of layers go by the place of the sample.
 * @throws UnsupportedError for a network in which a sample has to do with the others of its batch.
 */
export function sampleGradients({
  definition,
  walk,
  batch,
  targets,
  weights,
  key,
  step,
}: StepGraph): Value[] {
  const { heads, placement, dtype, layout, network } = definition;
  const { sampleAxis } = placement;
  const [mixing] = [...walk.states.keys(), ...(walk.mixture === undefined ? [] : ['mixed samples'])];
  if (mixing !== undefined)
    throw new UnsupportedError({
      got: `${mixing} in a network whose gradients are taken of each sample`,
      expected: 'layers in which samples have nothing to do with each other',
      hint: 'layerNorm or groupNorm in place of batchNorm; no mixup and no cutmix.',
    });
  const places = iota([batch[0]?.shape.at(sampleAxis) ?? 0]);
  const ofSample = (place: Value, ...sample: Value[]): Value[] => {
    const own = new Walk({
      dtype,
      layout,
      training: true,
      key: foldIn(key, place),
      step,
      held: walk.build.held,
      known: walk.parameters,
    });
    const alone = sample.map((x, i) => expandDims(x, i < batch.length + targets.length ? sampleAxis : 0));
    const found = predictionsOf(own.run('network', network, ...alone.slice(0, batch.length)), heads);
    const weight = weights && alone.at(-1);
    const errors = heads.flatMap((head, i) => {
      const [prediction, target] = [found[i], alone[batch.length + i]];
      if (prediction === undefined || target === undefined) return [];
      return [{ ...head, error: errorOf(head, prediction, target, placement, weight) }];
    });
    return gradient(
      weightedSum(errors),
      walk.learned.map(({ value }) => value),
    );
  };
  const data = [...batch, ...targets];
  const axes = [0, ...data.map(() => sampleAxis), ...(weights === undefined ? [] : [0])];
  const samples = [places, ...data, ...(weights === undefined ? [] : [weights])] as const;
  return vmap(ofSample, { axes })(...samples);
}
