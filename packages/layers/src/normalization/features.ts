import {
  add,
  type FieldsOf,
  field,
  formatShape,
  type LayerOptions,
  layerFields,
  mul,
  type Scope,
  type Shape,
  ShapeError,
  type Value,
} from '@pullback/core';
import { filled } from '../initializers.ts';

export interface NormalizationOptions extends LayerOptions {
  /** Added to what is divided by, so that equal numbers become 0; 1e-5 when left out. */
  readonly epsilon?: number;
  /** A factor that is learned for every feature, 1 at first; true when left out. */
  readonly scale?: boolean;
  /** An addition that is learned for every feature, 0 at first; true when left out. */
  readonly bias?: boolean;
}

export const normalizationFields = {
  ...layerFields,
  epsilon: field.number({ above: 0 }),
  scale: field.flag(),
  bias: field.flag(),
} satisfies FieldsOf<NormalizationOptions>;

/** The place of features in a batch: the last axis in row layout, the first in column layout. @throws ShapeError without one. */
export function featuresOf({ layout }: Scope, x: Value): Features {
  const rank = x.shape.length;
  if (rank < 2)
    throw new ShapeError({
      got: formatShape(x.shape),
      expected:
        layout === 'row' ? 'samples with features: [n, ..., c]' : 'samples with features: [c, ..., n]',
    });
  const axis = layout === 'row' ? rank - 1 : 0;
  const count = x.shape[axis] ?? 0;
  const samples = layout === 'row' ? 0 : rank - 1;
  const places = x.shape.flatMap((_, i) => (i === axis || i === samples ? [] : [i]));
  return {
    axis,
    count,
    samples,
    places,
    shape: layout === 'row' ? [count] : [count, ...places.map(() => 1), 1],
  };
}

export interface Features {
  readonly axis: number;
  readonly count: number;
  /** The axis of samples. */
  readonly samples: number;
  /** All other axes: of an image, height and width. */
  readonly places: readonly number[];
  /** The shape of one number for each feature, that broadcasts against the batch. */
  readonly shape: Shape;
}

/** scale x + bias, as far as they are learned. */
export function learnedLine(
  scope: Scope,
  x: Value,
  shape: Shape,
  { scale = true, bias = true }: NormalizationOptions,
): Value {
  const scaled = scale ? mul(x, scope.parameter('scale', shape, filled(1))) : x;
  return bias ? add(scaled, scope.parameter('bias', shape, filled(0))) : scaled;
}
