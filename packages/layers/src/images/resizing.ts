import {
  add,
  broadcast,
  checkCall,
  checkOptions,
  concatenate,
  constant,
  countsField,
  expandDims,
  type FieldsOf,
  field,
  formatShape,
  type Layer,
  type LayerOptions,
  layerFields,
  moveAxis,
  mul,
  pad,
  reshape,
  type Shape,
  ShapeError,
  slice,
  type Value,
} from '@pullback/core';
import { extentsOf, imageLayer, perAxis, readAs, spatialAxes } from './spatial.ts';

export interface UpsamplingOptions extends LayerOptions {
  /** Each element repeated, or straight lines between the centres of neighbours, along each axis; 'nearest' when left out. */
  readonly method?: 'nearest' | 'bilinear';
}

export const upsamplingFields = {
  ...layerFields,
  factor: field.needed(countsField),
  method: field.oneOf('nearest', 'bilinear'),
} satisfies FieldsOf<UpsamplingOptions & { readonly factor: number | readonly number[] }>;

/**
 * Images `factor` times as large along each axis. 'bilinear' takes centres of elements half an element from the edges, as torch with
 * align_corners=False does; beyond the outermost centres it stays.
 * @throws OptionError.
 */
export function upsampling(
  factor: number | readonly number[],
  options: UpsamplingOptions = {},
): Layer<readonly [Value]> {
  const { method = 'nearest' } = checkCall('upsampling', { factor }, options, upsamplingFields);
  const along = method === 'nearest' ? repeated : between;
  return imageLayer('upsampling', options.name, (_, x) => {
    const factors = perAxis(factor, extentsOf(x).length, 'factor');
    return factors.reduce((now, f, i) => (f === 1 ? now : along(now, i + 1, f)), x);
  });
}

function repeated(x: Value, axis: number, factor: number): Value {
  const wide = x.shape.flatMap((extent, i) => (i === axis ? [extent, factor] : [extent]));
  return merged(broadcast(expandDims(x, axis + 1), wide), axis);
}

/** Element `factor` i + r lies at i + d with d = (r + 1/2) / factor - 1/2: between i and one of its neighbours. */
function between(x: Value, axis: number, factor: number): Value {
  const extent = x.shape[axis] ?? 0;
  if (extent === 0) return repeated(x, axis, factor);
  const part = (from: number, to: number) =>
    slice(
      x,
      x.shape.map((_, i) => (i === axis ? from : 0)),
      x.shape.map((whole, i) => (i === axis ? to : whole)),
    );
  const before = concatenate([part(0, 1), part(0, extent - 1)], { axis });
  const after = concatenate([part(1, extent), part(extent - 1, extent)], { axis });
  const ahead = Array.from({ length: factor }, (_, r) => (r + 0.5) / factor - 0.5);
  const shape = [factor, ...x.shape.slice(axis + 1).map(() => 1)];
  const weighed = (value: Value, weight: (d: number) => number) =>
    mul(
      expandDims(value, axis + 1),
      constant({ shape, data: Float64Array.from(ahead, weight) }, { dtype: x.dtype }),
    );
  const sides = add(
    weighed(before, (d) => Math.max(0, -d)),
    weighed(after, (d) => Math.max(0, d)),
  );
  return merged(
    add(
      weighed(x, (d) => 1 - Math.abs(d)),
      sides,
    ),
    axis,
  );
}

/** Axis `axis` and the one behind it as one. */
function merged(x: Value, axis: number): Value {
  const { shape } = x;
  return reshape(x, [
    ...shape.slice(0, axis),
    (shape[axis] ?? 0) * (shape[axis + 1] ?? 0),
    ...shape.slice(axis + 2),
  ]);
}

/** Places at both ends of each spatial axis: one number, or [before, after] for each. */
export type Places = number | readonly (readonly [number, number])[];

const pair = field.one<readonly [number, number]>(
  '[before, after]',
  (x) => Array.isArray(x) && x.length === 2 && x.every((n) => Number.isSafeInteger(n) && n >= 0),
);
export const placesFields = {
  ...layerFields,
  places: field.needed(field.either(field.whole({ from: 0 }), field.list(pair))),
} satisfies FieldsOf<LayerOptions & { readonly places: Places }>;

function placed(
  name: string,
  places: Places,
  options: LayerOptions,
  f: (x: Value, low: Shape, high: Shape) => Value,
): Layer<readonly [Value]> {
  checkCall(name, { places }, options, placesFields);
  return imageLayer(name, options.name, (_, x) => {
    const end = (k: 0 | 1) => {
      const given = typeof places === 'number' ? places : places.map((each) => each[k]);
      return [0, ...perAxis(given, extentsOf(x).length, 'places'), 0];
    };
    return f(x, end(0), end(1));
  });
}

/** Images with zeros around them. @throws OptionError. */
export function zeroPadding(places: Places, options: LayerOptions = {}): Layer<readonly [Value]> {
  return placed('zeroPadding', places, options, (x, low, high) => pad(x, { low, high }));
}

/** Images without places at their edges. @throws ShapeError where none would be left; OptionError. */
export function cropping(places: Places, options: LayerOptions = {}): Layer<readonly [Value]> {
  return placed('cropping', places, options, (x, low, high) => {
    const stop = x.shape.map((extent, i) => extent - (high[i] ?? 0));
    if (spatialAxes(x).some((axis) => (stop[axis] ?? 0) <= (low[axis] ?? 0)))
      throw new ShapeError({
        got: readAs(x, extentsOf(x), x.shape.at(-1) ?? 0),
        expected: `more places than the ${low.slice(1, -1).join(', ')} before and ${high.slice(1, -1).join(', ')} after that are cut off`,
      });
    return slice(x, low, stop);
  });
}

/**
 * Images whose channels come first, [n, c, ...extents], with channels last, [n, ...extents, c]: what the layers of images take in row layout. In
 * column layout they take [c, ...extents, n], and nothing is to be done.
 * @throws ShapeError for samples without places.
 */
export function channelsLast(options: LayerOptions = {}): Layer<readonly [Value]> {
  const { name } = checkOptions('channelsLast', options, layerFields);
  return {
    name: 'channelsLast',
    label: name,
    forward: ({ layout }, x) => {
      if (x.shape.length < 3)
        throw new ShapeError({ got: formatShape(x.shape), expected: 'images, [n, channels, ...extents]' });
      return layout === 'row' ? moveAxis(x, 1, -1) : x;
    },
  };
}
