import {
  checkOptions,
  type FieldsOf,
  type Initializer,
  type Layer,
  type LayerOptions,
  layerFields,
  lessEqual,
  mul,
  parts,
  select,
  type Value,
} from '@pullback/core';
import { filled } from '../initializers.ts';

export interface PreluOptions extends LayerOptions {
  /** For the slopes; 0.25 when left out. */
  readonly initializer?: Initializer;
}

export const preluFields = {
  ...layerFields,
  initializer: parts.initializer,
} satisfies FieldsOf<PreluOptions>;

/** x for x > 0, else slope x, with a slope learned for every feature. Source: He et al. 2015. */
export function prelu(options: PreluOptions = {}): Layer<readonly [Value]> {
  const { initializer = filled(0.25), name } = checkOptions('prelu', options, preluFields);
  return {
    name: 'prelu',
    label: name,
    forward: (scope, x) => {
      const shape = scope.layout === 'row' ? x.shape.slice(1) : [...x.shape.slice(0, -1), 1];
      return select(lessEqual(x, 0), mul(x, scope.parameter('slope', shape, initializer)), x);
    },
  };
}
