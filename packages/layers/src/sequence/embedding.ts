import {
  and,
  cast,
  checkCall,
  DataError,
  einsum,
  equal,
  expandDims,
  type FieldsOf,
  field,
  gather,
  greaterEqual,
  type Initializer,
  type Layer,
  type LayerOptions,
  layerFields,
  less,
  OptionError,
  parts,
  placeOf,
  type Scope,
  ShapeError,
  select,
  type Value,
} from '@pullback/core';
import { normally } from '../initializers.ts';

export interface EmbeddingOptions extends LayerOptions {
  /** An index that stands for nothing: it gives zeros, and no gradient arrives at its row. */
  readonly paddingIndex?: number;
  /** For the table; normal with deviation 0.02 when left out. */
  readonly initializer?: Initializer;
}

export const embeddingFields = {
  ...layerFields,
  vocabulary: field.needed(field.whole({ from: 1 })),
  width: field.needed(field.whole({ from: 1 })),
  paddingIndex: field.whole({ from: 0 }),
  initializer: parts.initializer,
} satisfies FieldsOf<EmbeddingOptions & { readonly vocabulary: number; readonly width: number }>;

/** A table of rows, and the layer that turns features into a score for each of them. */
export interface Embedding extends Layer<readonly [Value]> {
  /** x E^T, [..., width] to [..., vocabulary], by the same table E: weight tying. Source: Press and Wolf 2017. */
  readonly logits: Layer<readonly [Value]>;
}

/**
 * The row of a learned table [vocabulary, width] for each whole number: [n, ...] to [n, ..., width]. A number that is no index, as NaN, gives NaN.
 * The gradient is a whole table: optimizers touch every row.
 * @throws OptionError for wrong options or a column layout, DataError for an index outside of the vocabulary in a model's input.
 */
export function embedding(vocabulary: number, width: number, options: EmbeddingOptions = {}): Embedding {
  checkCall('embedding', { vocabulary, width }, options, embeddingFields);
  const { paddingIndex, initializer = normally({ deviation: 0.02 }), name } = options;
  if (paddingIndex !== undefined && paddingIndex >= vocabulary)
    throw new OptionError({ got: `the padding index ${paddingIndex}`, expected: `one below ${vocabulary}` });
  const tableOf = (scope: Scope) => scope.parameter('table', [vocabulary, width], initializer);
  const layer: Layer<readonly [Value]> = {
    name: 'embedding',
    label: name,
    forward: (scope, x) => {
      inRows(scope, 'embedding');
      scope.check(x, (numbers) => refuseOutside(numbers, vocabulary));
      const index = cast(x, 'int32');
      const inside = and(equal(cast(index, x.dtype), x), and(greaterEqual(x, 0), less(x, vocabulary)));
      // Beyond the table a gather reads zeros, and its transpose adds nothing.
      const read = paddingIndex === undefined ? index : select(equal(index, paddingIndex), -1, index);
      return select(expandDims(inside, -1), gather(tableOf(scope), read), Number.NaN);
    },
  };
  const logits: Layer<readonly [Value]> = {
    name: 'tiedLogits',
    origin: layer,
    forward: (scope, x) => {
      if (x.shape.length < 1 || x.shape.at(-1) !== width)
        throw new ShapeError({ got: `[${x.shape.join(', ')}]`, expected: `features of width ${width}` });
      const axes = [...'abcdefgh'].slice(0, x.shape.length - 1).join('');
      return einsum(`${axes}w,vw->${axes}v`, x, tableOf(scope));
    },
  };
  return { ...layer, origin: layer, logits };
}

function refuseOutside({ shape, data }: Parameters<Parameters<Scope['check']>[1]>[0], vocabulary: number) {
  const wrong = data.findIndex((x) => !(Number.isInteger(x) && x >= 0 && x < vocabulary));
  if (wrong >= 0)
    throw new DataError({
      got: `the index ${data[wrong]} at ${placeOf(wrong, shape)}`,
      expected: `whole numbers from 0 to ${vocabulary - 1}`,
      hint: 'The embedding needs a row for each symbol.',
    });
}

/** Sequences stand in rows: [n, t, width]. @throws OptionError in column layout. */
export function inRows({ layout }: Scope, what: string): void {
  if (layout !== 'row')
    throw new OptionError({ got: `${what} in column layout`, expected: "layout: 'row', samples first" });
}
