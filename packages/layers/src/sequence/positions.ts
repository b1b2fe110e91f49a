import {
  add,
  checkCall,
  concatenate,
  constant,
  expandDims,
  type FieldsOf,
  type FloatDType,
  field,
  gather,
  type Initializer,
  iota,
  type Layer,
  type LayerOptions,
  layerFields,
  mul,
  neg,
  OptionError,
  parts,
  type Scope,
  ShapeError,
  slice,
  type Value,
} from '@pullback/core';
import { normally } from '../initializers.ts';
import { inRows } from './embedding.ts';

export interface PositionsOptions extends LayerOptions {
  /** For the rows of the table; normal with deviation 0.02 when left out. */
  readonly initializer?: Initializer;
}

const length = field.needed(field.whole({ from: 1 }));

export const positionsFields = {
  ...layerFields,
  length,
  initializer: parts.initializer,
} satisfies FieldsOf<PositionsOptions & { readonly length: number }>;

export const sinusoidalFields = { ...layerFields, length };

/**
 * x + a learned row for each place: x [n, t, width], t at most `length`.
 * @throws ShapeError for a longer sequence, OptionError in column layout.
 */
export function learnedPositions(length: number, options: PositionsOptions = {}): Layer<readonly [Value]> {
  const { initializer = normally({ deviation: 0.02 }), name } = options;
  checkCall('learnedPositions', { length }, options, positionsFields);
  return {
    name: 'learnedPositions',
    label: name,
    forward: (scope, x) => {
      const [steps, width] = sequenceOf(scope, x, 'learnedPositions');
      const table = scope.parameter('table', [length, width], initializer);
      return add(x, rowsAt(scope, table, steps, length));
    },
  };
}

/**
 * x + sin(p / 10000^(2i/width)) at feature 2i and the cosine of the same at 2i + 1, for place p. Source: Vaswani et al. 2017, 3.5.
 * @throws ShapeError for a sequence longer than `length`, OptionError in column layout.
 */
export function sinusoidalPositions(length: number, options: LayerOptions = {}): Layer<readonly [Value]> {
  checkCall('sinusoidalPositions', { length }, options, sinusoidalFields);
  return {
    name: 'sinusoidalPositions',
    label: options.name,
    source: 'Vaswani et al. 2017',
    forward: (scope, x) => {
      const [steps, width] = sequenceOf(scope, x, 'sinusoidalPositions');
      const table = tableOf(length, width, scope.dtype, (place, i) => {
        const angle = place / 10000 ** ((i - (i % 2)) / width);
        return i % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
      });
      return add(x, rowsAt(scope, table, steps, length));
    },
  };
}

export interface RotaryOptions {
  /** Sequences may have so many places. */
  readonly length: number;
  /** The angles of a place p are p base^(-2i/width); 10000 when left out. */
  readonly base?: number;
}

export const rotaryFields = { length, base: field.number({ above: 1 }) } satisfies FieldsOf<RotaryOptions>;

/**
 * Pairs of features (i, i + width/2) of x [n, t, heads, width] turned by the angle p base^(-2i/width) at place p, so that products of two
 * places depend on their distance. Source: Su et al. 2021, with the halves of Touvron et al. 2023.
 * @throws ShapeError for an odd width, or a sequence longer than `length`.
 */
export function rotated(scope: Scope, x: Value, { length, base = 10000 }: RotaryOptions): Value {
  const [, steps = 0, , width = 0] = x.shape;
  if (width % 2 !== 0) throw new ShapeError({ got: `heads of width ${width}`, expected: 'an even one' });
  const half = width / 2;
  const table = (f: (angle: number) => number) => {
    const all = tableOf(length, half, scope.dtype, (place, i) => f(place / base ** ((2 * i) / width)));
    return expandDims(rowsAt(scope, all, steps, length), 1);
  };
  const [cos, sin] = [table(Math.cos), table(Math.sin)];
  const part = (from: number) => slice(x, [0, 0, 0, from], [...x.shape.slice(0, 3), from + half]);
  const [a, b] = [part(0), part(half)];
  return concatenate([add(mul(a, cos), neg(mul(b, sin))), add(mul(b, cos), mul(a, sin))]);
}

/** The steps and width of x [n, t, width]. */
function sequenceOf(scope: Scope, { shape }: Value, what: string): readonly [number, number] {
  inRows(scope, what);
  const [, steps, width] = shape;
  if (shape.length !== 3 || steps === undefined || width === undefined)
    throw new ShapeError({ got: `[${shape.join(', ')}]`, expected: 'sequences in rows: [n, t, width]' });
  return [steps, width];
}

/** The rows of the places that stand in the batch: the first ones, or those from where decoding is. */
function rowsAt(scope: Scope, table: Value, steps: number, length: number): Value {
  if (steps > length)
    throw new ShapeError({
      got: `a sequence of ${steps}`,
      expected: `at most ${length}, the positions that there are`,
    });
  const { decoding } = scope;
  if (decoding === undefined) return slice(table, [0], [steps]);
  if (decoding.capacity > length)
    throw new OptionError({
      got: `decoding up to ${decoding.capacity} places`,
      expected: `at most ${length}, the positions that there are`,
    });
  return gather(table, add(iota([steps]), decoding.position));
}

function tableOf(
  length: number,
  width: number,
  dtype: FloatDType,
  f: (place: number, i: number) => number,
): Value {
  const data = Float64Array.from({ length: length * width }, (_, k) => f(Math.floor(k / width), k % width));
  return constant({ shape: [length, width], data }, { dtype });
}
