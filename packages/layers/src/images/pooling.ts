import {
  checkCall,
  checkOptions,
  constant,
  countsField,
  div,
  type FieldsOf,
  field,
  type Layer,
  type LayerOptions,
  layerFields,
  max,
  mean,
  moveAxis,
  OptionError,
  type Padding,
  paddingField,
  reshape,
  type Shape,
  slice,
  sum,
  type Value,
  windows,
} from '@pullback/core';
import { expectRoom, extentsOf, imageLayer, perAxis, spatialAxes } from './spatial.ts';

export interface PoolOptions extends LayerOptions {
  /** Places from one window to the next; as many as a window has when left out. */
  readonly strides?: number | readonly number[];
  /** 'valid' when left out, which leaves out what is too little for a window. */
  readonly padding?: Padding;
}

export const poolFields = {
  ...layerFields,
  size: field.needed(countsField),
  strides: countsField,
  padding: paddingField,
} satisfies FieldsOf<PoolOptions & { readonly size: number | readonly number[] }>;

/** A function of the elements of windows, which lie along some axes. */
export type Pooled = (x: Value, axes: readonly number[]) => Value;

export const largest: Pooled = (x, axes) => max(x, { axis: axes });
export const average: Pooled = (x, axes) => mean(x, { axis: axes });

/**
 * The largest element of each window, for every channel; padding is never the largest. Elements that are equally large share the gradient.
 * @throws ShapeError for a window larger than its input; OptionError for padding as large as a window.
 */
export function maxPool(
  size: number | readonly number[],
  options: PoolOptions = {},
): Layer<readonly [Value]> {
  checkCall('maxPool', { size }, options, poolFields);
  return pool('maxPool', size, options, (x, placing) =>
    placing.tiles
      ? overTiles(x, placing.size, largest)
      : overWindows(x, { ...placing, value: -Infinity }, largest),
  );
}

/**
 * The mean of each window, for every channel; of a window that reaches into the padding, the mean of what is inside.
 * @throws ShapeError for a window larger than its input; OptionError for padding as large as a window.
 */
export function averagePool(
  size: number | readonly number[],
  options: PoolOptions = {},
): Layer<readonly [Value]> {
  checkCall('averagePool', { size }, options, poolFields);
  return pool('averagePool', size, options, (x, placing) => {
    if (placing.tiles) return overTiles(x, placing.size, average);
    if (placing.padding === 'valid') return overWindows(x, placing, average);
    const total: Pooled = (windowed, axes) => sum(windowed, { axis: axes });
    const inside = constant({ shape: [1, ...extentsOf(x), 1], data: ones(extentsOf(x)) }, { dtype: x.dtype });
    return div(overWindows(x, placing, total), overWindows(inside, placing, total));
  });
}

function ones(extents: Shape): Float64Array {
  return new Float64Array(extents.reduce((n, extent) => n * extent, 1)).fill(1);
}

interface Placing {
  readonly size: Shape;
  readonly strides: Shape;
  readonly padding: Padding;
  /** Whether windows lie side by side, without padding. */
  readonly tiles: boolean;
  readonly value?: number;
}

function pool(
  name: string,
  size: number | readonly number[],
  { name: label, strides = size, padding = 'valid' }: PoolOptions,
  f: (x: Value, placing: Placing) => Value,
): Layer<readonly [Value]> {
  return imageLayer(name, label, (_, x) => {
    const extents = extentsOf(x);
    const sizes = perAxis(size, extents.length, 'size');
    const steps = perAxis(strides, extents.length, 'strides');
    if (typeof padding !== 'string' && padding.some((pair, i) => pair.some((n) => n >= (sizes[i] ?? 1))))
      throw new OptionError({
        got: `padding of ${padding.map((pair) => pair.join(' and ')).join(', ')} around windows of ${sizes.join(' x ')}`,
        expected: 'less on each side than a window has: one may lie outside',
      });
    expectRoom('window', x, { size: sizes, padding });
    const whole =
      padding === 'valid' || (padding === 'same' && extents.every((n, i) => n % (sizes[i] ?? 1) === 0));
    const tiles = whole && sizes.every((n, i) => n === steps[i]);
    return f(x, { size: sizes, strides: steps, padding, tiles });
  });
}

/** `f` of windows side by side: their places are axes of a reshaped view, so nothing is gathered, and its gradient scatters nothing. */
export function overTiles(x: Value, size: Shape, f: Pooled): Value {
  const counts = extentsOf(x).map((extent, i) => Math.floor(extent / (size[i] ?? 1)));
  const inside = slice(x, [0], [x.shape[0] ?? 0, ...counts.map((n, i) => n * (size[i] ?? 1))]);
  const split = counts.flatMap((n, i) => [n, size[i] ?? 1]);
  return f(
    reshape(inside, [x.shape[0] ?? 0, ...split, x.shape.at(-1) ?? 0]),
    size.map((_, i) => 2 * i + 2),
  );
}

function overWindows(x: Value, { size, strides, padding, value = 0 }: Placing, f: Pooled): Value {
  const windowed = windows(x, { axes: spatialAxes(x), size, step: strides, padding, value });
  const channels = x.shape.length - 1;
  // Channels last: neighbours in memory are compared side by side.
  return f(
    moveAxis(windowed, channels, -1),
    size.map((_, i) => channels + i),
  );
}

export interface GlobalPoolOptions extends LayerOptions {
  /** Whether spatial axes stay, with extent 1; false when left out. */
  readonly keepAxis?: boolean;
}

export const globalPoolFields = {
  ...layerFields,
  keepAxis: field.flag(),
} satisfies FieldsOf<GlobalPoolOptions>;

function globalPool(name: string, f: typeof max) {
  return (options: GlobalPoolOptions = {}): Layer<readonly [Value]> => {
    const { keepAxis = false, name: label } = checkOptions(name, options, globalPoolFields);
    return imageLayer(name, label, (_, x) => f(x, { axis: spatialAxes(x), keepAxis }));
  };
}

/** The largest element of each channel: [n, ...extents, c] becomes [n, c]. */
export const globalMaxPool = globalPool('globalMaxPool', max);

/** The mean of each channel: [n, ...extents, c] becomes [n, c]. Source: Lin et al. 2014. */
export const globalAveragePool = globalPool('globalAveragePool', mean);
