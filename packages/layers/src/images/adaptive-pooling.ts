import {
  checkCall,
  constant,
  countsField,
  div,
  field,
  gather,
  type Layer,
  type LayerOptions,
  layerFields,
  max,
  type Shape,
  sum,
  type Value,
} from '@pullback/core';
import { average, largest, overTiles, type Pooled } from './pooling.ts';
import { expectRoom, extentsOf, imageLayer, perAxis } from './spatial.ts';

export const adaptivePoolFields = { ...layerFields, size: field.needed(countsField) };

/**
 * The largest element of as many windows as `size` says along each axis, whatever the extents: window i of m over n places covers those from
 * floor(i n / m) to before ceil((i + 1) n / m).
 * @throws ShapeError for images without places; OptionError.
 */
export function adaptiveMaxPool(
  size: number | readonly number[],
  options: LayerOptions = {},
): Layer<readonly [Value]> {
  return adaptive('adaptiveMaxPool', size, options, largest, (x, axis, { from, lengths, most }) => {
    // A shorter window names its last place again.
    const places = placesOf(from, most, (i, k) => Math.min(k, (lengths[i] ?? 1) - 1));
    return max(gather(x, places, { axis }), { axis: axis + 1 });
  });
}

/**
 * The mean of as many windows as `size` says along each axis; see `adaptiveMaxPool`. Along several axes it is the mean of means.
 * @throws ShapeError for images without places; OptionError.
 */
export function adaptiveAveragePool(
  size: number | readonly number[],
  options: LayerOptions = {},
): Layer<readonly [Value]> {
  return adaptive('adaptiveAveragePool', size, options, average, (x, axis, { from, lengths, most }) => {
    // An index outside reads 0.
    const places = placesOf(from, most, (i, k) => (k < (lengths[i] ?? 1) ? k : -1 - (from[i] ?? 0)));
    const total = sum(gather(x, places, { axis }), { axis: axis + 1 });
    const shape = total.shape.map((extent, i) => (i === axis ? extent : 1));
    return div(total, constant({ shape, data: Float64Array.from(lengths) }, { dtype: x.dtype }));
  });
}

interface Coverage {
  /** The first place of each window. */
  readonly from: readonly number[];
  readonly lengths: readonly number[];
  readonly most: number;
}

function adaptive(
  name: string,
  size: number | readonly number[],
  options: LayerOptions,
  f: Pooled,
  along: (x: Value, axis: number, coverage: Coverage) => Value,
): Layer<readonly [Value]> {
  checkCall(name, { size }, options, adaptivePoolFields);
  return imageLayer(name, options.name, (_, x) => {
    const extents = extentsOf(x);
    const counts = perAxis(size, extents.length, 'size');
    expectRoom('window', x, { size: extents.map(() => 1) });
    if (extents.every((extent, i) => extent % (counts[i] ?? 1) === 0))
      return overTiles(
        x,
        extents.map((extent, i) => extent / (counts[i] ?? 1)),
        f,
      );
    return counts.reduce((now, count, i) => along(now, i + 1, coverage(extents, i, count)), x);
  });
}

function coverage(extents: Shape, axis: number, count: number): Coverage {
  const extent = extents[axis] ?? 1;
  const from = Array.from({ length: count }, (_, i) => Math.floor((i * extent) / count));
  const lengths = from.map((first, i) => Math.ceil(((i + 1) * extent) / count) - first);
  return { from, lengths, most: Math.max(...lengths) };
}

/** The k-th place of window i as int32 [windows, most]. */
function placesOf(from: readonly number[], most: number, offset: (i: number, k: number) => number): Value {
  const data = Int32Array.from({ length: from.length * most }, (_, at) => {
    const [i, k] = [Math.floor(at / most), at % most];
    return (from[i] ?? 0) + offset(i, k);
  });
  return constant({ shape: [from.length, most], data });
}
