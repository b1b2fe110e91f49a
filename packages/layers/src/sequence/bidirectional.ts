import {
  add,
  checkCall,
  concatenate,
  type FieldsOf,
  field,
  flip,
  formatShape,
  type Layer,
  type LayerOptions,
  layerFields,
  parts,
  ShapeError,
  type Value,
} from '@pullback/core';
import { inRows } from './embedding.ts';

export interface BidirectionalOptions extends LayerOptions {
  /** The two results side by side, or their sum; 'concatenate' when left out. */
  readonly merge?: 'concatenate' | 'sum';
}

const layer = field.needed(parts.layer);

export const bidirectionalFields = {
  ...layerFields,
  fromStart: layer,
  fromEnd: layer,
  merge: field.oneOf('concatenate', 'sum'),
} satisfies FieldsOf<
  BidirectionalOptions & {
    readonly fromStart: Layer<readonly Value[]>;
    readonly fromEnd: Layer<readonly Value[]>;
  }
>;

/**
 * Two layers of sequences, the second of which is given every sequence, and its mask, from the end: what it makes of places is turned round again.
 * Source: Schuster and Paliwal 1997.
 * @throws ShapeError for results of other shapes than each other's, OptionError in column layout.
 */
export function bidirectional(
  fromStart: Layer<readonly Value[]>,
  fromEnd: Layer<readonly Value[]>,
  options: BidirectionalOptions = {},
): Layer<readonly Value[]> {
  checkCall('bidirectional', { fromStart, fromEnd }, options, bidirectionalFields);
  return {
    name: 'bidirectional',
    label: options.name,
    source: 'Schuster and Paliwal 1997',
    forward: (scope, ...inputs) => {
      inRows(scope, 'bidirectional');
      const ahead = scope.apply(fromStart, ...inputs);
      const made = scope.apply(fromEnd, ...inputs.map((x) => flip(x, 1)));
      const behind = made.shape.length > 2 ? flip(made, 1) : made;
      const places = (x: Value) => formatShape(x.shape.slice(0, -1));
      if (places(ahead) !== places(behind))
        throw new ShapeError({
          got: `${formatShape(ahead.shape)} and ${formatShape(behind.shape)} of the two layers`,
          expected: 'a result for the same places: both of sequences, or both of the last place',
        });
      return options.merge === 'sum' ? add(ahead, behind) : concatenate([ahead, behind], { axis: -1 });
    },
  };
}
