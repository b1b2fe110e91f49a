import {
  checkCall,
  checkOptions,
  field,
  fill,
  formatShape,
  type Layer,
  reshape,
  type Scope,
  ShapeError,
  type Value,
} from '@pullback/core';
import {
  type Features,
  featuresOf,
  learnedLine,
  type NormalizationOptions,
  normalizationFields,
} from './features.ts';
import { standardized } from './standardized.ts';

export const groupNormFields = { ...normalizationFields, groups: field.needed(field.whole({ from: 1 })) };

/**
 * scale (x - m) / sqrt(v + epsilon) + bias, with m and v over all places of a sample and the features of one of `groups` equal groups.
 * Source: Wu and He 2018.
 * @throws ShapeError when the features do not divide into the groups.
 */
export function groupNorm(groups: number, options: NormalizationOptions = {}): Layer<readonly [Value]> {
  checkCall('groupNorm', { groups }, options, groupNormFields);
  return {
    name: 'groupNorm',
    label: options.name,
    source: 'Wu and He 2018',
    forward: (scope, x) => inGroups(scope, x, groups, options),
  };
}

/**
 * scale (x - m) / sqrt(v + epsilon) + bias, with m and v over all places of a sample, for every feature by itself.
 * Source: Ulyanov et al. 2016.
 * @throws ShapeError for samples with features and one place, or none: each would become 0.
 */
export function instanceNorm(options: NormalizationOptions = {}): Layer<readonly [Value]> {
  checkOptions('instanceNorm', options, normalizationFields);
  return {
    name: 'instanceNorm',
    label: options.name,
    source: 'Ulyanov et al. 2016',
    forward: (scope, x) => {
      const features = featuresOf(scope, x);
      if (features.places.length === 0)
        throw new ShapeError({
          got: `samples of ${features.count} features at one place, in ${formatShape(x.shape)}`,
          expected: 'samples of several places, such as images: [n, height, width, c]',
          hint: 'layerNorm looks at all features of a place.',
        });
      return inGroups(scope, x, features.count, options);
    },
  };
}

function inGroups(scope: Scope, x: Value, groups: number, options: NormalizationOptions): Value {
  const { epsilon = 1e-5 } = options;
  const features = featuresOf(scope, x);
  const { axis, count, samples, shape } = features;
  if (count % groups !== 0) throw indivisible(x, features, groups);
  const split = x.shape.flatMap((extent, i) => (i === axis ? [groups, count / groups] : [extent]));
  const apart = reshape(x, split);
  const kept = axis === 0 ? [0, split.length - 1] : [samples, axis];
  const axes = split.flatMap((_, i) => (kept.includes(i) ? [] : [i]));
  const one = fill(
    1,
    split.map((extent, i) => (axes.includes(i) ? 1 : extent)),
    x.dtype,
  );
  const normalized = standardized(apart, one, axes, epsilon);
  return learnedLine(scope, reshape(normalized, x.shape), shape, options);
}

function indivisible(x: Value, { count }: Features, groups: number): ShapeError {
  const fitting = Array.from({ length: count }, (_, i) => i + 1).filter((n) => count % n === 0);
  return new ShapeError({
    got: `${count} features in ${formatShape(x.shape)}`,
    expected: `a multiple of ${groups} groups`,
    hint: `Groups that divide them: ${fitting.join(', ') || 'none'}.`,
  });
}
