import {
  checkCall,
  checkOptions,
  field,
  formatShape,
  type Layer,
  type LayerOptions,
  layerFields,
  mul,
  OptionError,
  reshape as reshapeValue,
  type Shape,
  ShapeError,
  sizeOf,
  transpose,
  Value,
} from '@pullback/core';

export const rescaleFields = { ...layerFields, scale: field.needed(field.number()) };

/** A shape one of whose extents may be -1. */
const open = field.list(field.whole({ from: -1 }), { words: 'a shape, such as [3, -1]' });

export const reshapeFields = { ...layerFields, shape: field.needed(open) };

export const permuteFields = {
  ...layerFields,
  axes: field.needed(field.list(field.whole({ from: 0 }), { words: 'axes, such as [1, 0]' })),
};

/** x times `scale`, such as 1/255 for bytes. */
export function rescale(scale: number, options: LayerOptions = {}): Layer<readonly [Value]> {
  checkCall('rescale', { scale }, options, rescaleFields);
  return { name: 'rescale', label: options.name, forward: (_, x) => mul(x, scale) };
}

/** All axes of a sample as one; the sample axis stays. */
export function flatten(options: LayerOptions = {}): Layer<readonly [Value]> {
  checkOptions('flatten', options, layerFields);
  return {
    name: 'flatten',
    label: options.name,
    forward: ({ layout }, x) => {
      const size = layout === 'row' ? sizeOf(x.shape.slice(1)) : sizeOf(x.shape.slice(0, -1));
      return reshapeValue(x, layout === 'row' ? [x.shape[0] ?? 0, size] : [size, x.shape.at(-1) ?? 0]);
    },
  };
}

/**
 * A Value in another shape; or a layer: each sample in another shape of as many components, in row-major order, where one extent may
 * be -1, for what is left.
 * @throws ShapeError when the components do not fill the shape, OptionError for a shape that is none.
 */
export function reshape(x: Value, shape: Shape): Value;
export function reshape(shape: Shape, options?: LayerOptions): Layer<readonly [Value]>;
export function reshape(
  given: Value | Shape,
  more: Shape | LayerOptions = {},
): Value | Layer<readonly [Value]> {
  if (given instanceof Value) return reshapeValue(given, isShape(more) ? more : []);
  return reshapeLayer(given, isShape(more) ? {} : more);
}

function isShape(given: Shape | LayerOptions): given is Shape {
  return Array.isArray(given);
}

function reshapeLayer(shape: Shape, options: LayerOptions): Layer<readonly [Value]> {
  checkCall('reshape', { shape }, options, reshapeFields);
  const open = shape.filter((extent) => extent === -1).length;
  if (open > 1)
    throw new OptionError({
      got: `a shape of ${formatShape(shape)}`,
      expected: 'whole numbers from 0 up, at most one of them -1',
    });
  return {
    name: 'reshape',
    label: options.name,
    forward: ({ layout }, x) => {
      const sample = layout === 'row' ? x.shape.slice(1) : x.shape.slice(0, -1);
      const filled = shape.reduce((n, extent) => (extent === -1 ? n : n * extent), 1);
      const rest = filled === 0 ? 0 : sizeOf(sample) / filled;
      const wanted = shape.map((extent) => (extent === -1 ? rest : extent));
      if (!Number.isInteger(rest) || sizeOf(wanted) !== sizeOf(sample))
        throw new ShapeError({
          got: `samples of ${formatShape(sample)}`,
          expected: `as many components as ${formatShape(shape)} has`,
        });
      return reshapeValue(
        x,
        layout === 'row' ? [x.shape[0] ?? 0, ...wanted] : [...wanted, x.shape.at(-1) ?? 0],
      );
    },
  };
}

/**
 * The axes of each sample in another order: axis i of the result is axis `axes[i]` of the input, counted without the sample axis.
 * @throws OptionError when `axes` is no order of 0 .. n-1; ShapeError when samples have another number of axes.
 */
export function permute(axes: readonly number[], options: LayerOptions = {}): Layer<readonly [Value]> {
  checkCall('permute', { axes }, options, permuteFields);
  if ([...axes].sort((a, b) => a - b).some((axis, i) => axis !== i))
    throw new OptionError({
      got: `the axes ${formatShape(axes)}`,
      expected: `each of 0 to ${axes.length - 1} once`,
    });
  return {
    name: 'permute',
    label: options.name,
    forward: ({ layout }, x) => {
      if (x.shape.length !== axes.length + 1)
        throw new ShapeError({
          got: `${formatShape(x.shape)}, samples of ${x.shape.length - 1} axes`,
          expected: `samples of ${axes.length}`,
        });
      const order = layout === 'row' ? [0, ...axes.map((axis) => axis + 1)] : [...axes, axes.length];
      return transpose(x, order);
    },
  };
}
