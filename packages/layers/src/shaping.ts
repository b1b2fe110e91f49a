import { type Layer, type LayerOptions, mul, reshape, sizeOf, type Value } from '@pullback/core';

/** x times `scale`, such as 1/255 for bytes. */
export function rescale(scale: number, options: LayerOptions = {}): Layer<readonly [Value]> {
  return { name: 'rescale', label: options.name, forward: (_, x) => mul(x, scale) };
}

/** All axes of a sample as one; the sample axis stays. */
export function flatten(options: LayerOptions = {}): Layer<readonly [Value]> {
  return {
    name: 'flatten',
    label: options.name,
    forward: ({ layout }, x) => {
      const size = layout === 'row' ? sizeOf(x.shape.slice(1)) : sizeOf(x.shape.slice(0, -1));
      return reshape(x, layout === 'row' ? [x.shape[0] ?? 0, size] : [size, x.shape.at(-1) ?? 0]);
    },
  };
}
