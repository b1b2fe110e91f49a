import type { PluginBinder } from '@pullback/plugin';
import { type BatchNormOptions, batchNorm, batchNormFields } from './batch-norm.ts';
import { type NormalizationOptions, normalizationFields } from './features.ts';
import { groupNorm, groupNormFields, instanceNorm } from './group-norm.ts';
import { layerNorm, type RmsNormOptions, rmsNorm, rmsNormFields } from './layer-norm.ts';

type GroupNormSpec = NormalizationOptions & { readonly groups: number };

/** Their options in a spec. */
export interface NormalizationSpecs {
  batchNorm: BatchNormOptions;
  layerNorm: NormalizationOptions;
  rmsNorm: RmsNormOptions;
  groupNorm: GroupNormSpec;
  instanceNorm: NormalizationOptions;
}

/** The normalisations, by name. */
export function bindNormalizations(layer: PluginBinder['layer']): void {
  layer('batchNorm', batchNorm, {
    doc: 'each feature to mean 0 and variance 1 over the batch',
    options: batchNormFields,
  });
  layer('layerNorm', layerNorm, {
    doc: 'the features of each place to mean 0 and variance 1',
    options: normalizationFields,
  });
  layer('rmsNorm', rmsNorm, {
    doc: 'the features of each place to a mean square of 1',
    options: rmsNormFields,
  });
  layer('groupNorm', ({ groups, ...options }: GroupNormSpec) => groupNorm(groups, options), {
    doc: 'groups of features of a sample to mean 0 and variance 1',
    options: groupNormFields,
  });
  layer('instanceNorm', instanceNorm, {
    doc: 'each feature of a sample to mean 0 and variance 1',
    options: normalizationFields,
  });
}
