import { placementOf } from '@pullback/core';
import { isShape, type ModelOptions } from '../model-options.ts';
import type { Definition } from './definition.ts';
import { headsOf } from './outputs.ts';

/** The definition that options describe. @throws OptionError, UnknownNameError */
export function definitionOf(options: Omit<ModelOptions, 'backend'>): Definition {
  const { input, layout = 'row', dtype = 'float32', seed = 0, network, optimizer } = options;
  const inputs = isShape(input) ? { input } : input;
  const heads = headsOf(options.loss, options.lossWeights);
  const { sampleGradients } = options;
  return {
    network,
    inputs,
    heads,
    optimizer,
    dtype,
    layout,
    placement: placementOf(layout),
    seed,
    sampleGradients,
  };
}
