import { checkOptions, field, type Layer, layerFields, parts, type Value } from '@pullback/core';

type Step = Layer<readonly [Value]>;

export const sequentialFields = { ...layerFields, layers: field.needed(field.list(parts.layer)) };

/** Layers one after the other: F_n o ... o F_1. (1.3) Inner layers are numbered from 0 in paths. */
export function sequential(...layers: readonly Step[]): Step {
  checkOptions('sequential', { layers }, sequentialFields);
  return {
    name: 'sequential',
    forward: (scope, x) => layers.reduce((value, layer) => scope.apply(layer, value), x),
  };
}
