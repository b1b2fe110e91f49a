import { checkOptions, field, type Layer, parts, recomputed, type Value } from '@pullback/core';

export const checkpointFields = { layer: field.needed(parts.layer) };

/**
 * The same layer, of which training keeps its inputs alone: what lies between them and its output is computed again on the way back, for
 * memory against time. Gradients, random draws and states are the same to the bit, as are paths and weights.
 * Source: Chen et al. 2016.
 */
export function checkpoint<In extends readonly Value[]>(layer: Layer<In, Value>): Layer<In, Value> {
  checkOptions('checkpoint', { layer }, checkpointFields);
  const { name, label, source } = layer;
  return {
    name,
    label,
    source,
    origin: layer.origin ?? layer,
    forward: (scope, ...inputs) =>
      scope.training
        ? recomputed<In>((...given) => layer.forward(scope, ...given), ...inputs)
        : layer.forward(scope, ...inputs),
  };
}
