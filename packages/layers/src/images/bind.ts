import type { Activation, Initializer, LayerOptions } from '@pullback/core';
import { layerFields } from '@pullback/core';
import type { ActivationSpec, InitializerSpec, PluginBinder } from '@pullback/plugin';
import { adaptiveAveragePool, adaptiveMaxPool, adaptivePoolFields } from './adaptive-pooling.ts';
import {
  type ConvOptions,
  type ConvTransposeOptions,
  conv1d,
  conv2d,
  conv3d,
  convFields,
  convTranspose,
  convTransposeFields,
  type DepthwiseConvOptions,
  depthwiseConv,
  depthwiseConvFields,
  type KernelSize,
  separableConv,
  separableConvFields,
} from './convolution.ts';
import {
  averagePool,
  type GlobalPoolOptions,
  globalAveragePool,
  globalMaxPool,
  globalPoolFields,
  maxPool,
  type PoolOptions,
  poolFields,
} from './pooling.ts';
import {
  channelsLast,
  cropping,
  type Places,
  placesFields,
  type UpsamplingOptions,
  upsampling,
  upsamplingFields,
  zeroPadding,
} from './resizing.ts';

/** Options as a spec has them: names or specs of activations and initializers in their place. */
type Written<O> = {
  readonly [K in keyof O]: Exclude<O[K], undefined> extends Activation
    ? ActivationSpec
    : Exclude<O[K], undefined> extends Initializer
      ? InitializerSpec
      : O[K];
};

interface Filters {
  readonly filters: number;
  readonly kernel: KernelSize;
}
type Conved = ConvOptions & Filters;
type Transposed = ConvTransposeOptions & Filters;
type Depthwise = DepthwiseConvOptions & Pick<Filters, 'kernel'>;
type Separable = DepthwiseConvOptions & Filters;

interface Sized {
  readonly size: number | readonly number[];
}
type Placed = LayerOptions & { readonly places: Places };
type Upsampled = UpsamplingOptions & { readonly factor: number | readonly number[] };

/** Their options in a spec. */
export interface ImageSpecs {
  conv1d: Written<Conved>;
  conv2d: Written<Conved>;
  conv3d: Written<Conved>;
  convTranspose: Written<Transposed>;
  depthwiseConv: Written<Depthwise>;
  separableConv: Written<Separable>;
  maxPool: PoolOptions & Sized;
  averagePool: PoolOptions & Sized;
  globalMaxPool: GlobalPoolOptions;
  globalAveragePool: GlobalPoolOptions;
  adaptiveMaxPool: LayerOptions & Sized;
  adaptiveAveragePool: LayerOptions & Sized;
  upsampling: Upsampled;
  zeroPadding: Placed;
  cropping: Placed;
  channelsLast: LayerOptions;
}

/** The layers of images, by name. */
export function bindImageLayers(layer: PluginBinder['layer']): void {
  for (const [key, [make, doc]] of Object.entries({
    conv1d: [conv1d, 'kernels over sequences'],
    conv2d: [conv2d, 'kernels over images'],
    conv3d: [conv3d, 'kernels over volumes'],
  } as const))
    layer(key, ({ filters, kernel, ...options }: Conved) => make(filters, kernel, options), {
      doc,
      options: convFields,
    });
  layer(
    'convTranspose',
    ({ filters, kernel, ...options }: Transposed) => convTranspose(filters, kernel, options),
    { doc: 'the transpose of a convolution: images grow', options: convTransposeFields },
  );
  layer('depthwiseConv', ({ kernel, ...options }: Depthwise) => depthwiseConv(kernel, options), {
    doc: 'a kernel of its own for each channel',
    options: depthwiseConvFields,
  });
  layer(
    'separableConv',
    ({ filters, kernel, ...options }: Separable) => separableConv(filters, kernel, options),
    { doc: 'a kernel for each channel, then sums of channels', options: separableConvFields },
  );
  for (const [key, [make, doc]] of Object.entries({
    maxPool: [maxPool, 'the largest of each window'],
    averagePool: [averagePool, 'the mean of each window'],
  } as const))
    layer(key, ({ size, ...options }: PoolOptions & Sized) => make(size, options), {
      doc,
      options: poolFields,
    });
  layer('globalMaxPool', globalMaxPool, { doc: 'the largest of each channel', options: globalPoolFields });
  layer('globalAveragePool', globalAveragePool, {
    doc: 'the mean of each channel',
    options: globalPoolFields,
  });
  for (const [key, [make, doc]] of Object.entries({
    adaptiveMaxPool: [adaptiveMaxPool, 'the largest of each of a number of windows'],
    adaptiveAveragePool: [adaptiveAveragePool, 'the mean of each of a number of windows'],
  } as const))
    layer(key, ({ size, ...options }: LayerOptions & Sized) => make(size, options), {
      doc,
      options: adaptivePoolFields,
    });
  layer('upsampling', ({ factor, ...options }: Upsampled) => upsampling(factor, options), {
    doc: 'images a whole number of times as large',
    options: upsamplingFields,
  });
  for (const [key, [make, doc]] of Object.entries({
    zeroPadding: [zeroPadding, 'zeros around images'],
    cropping: [cropping, 'images without their edges'],
  } as const))
    layer(key, ({ places, ...options }: Placed) => make(places, options), { doc, options: placesFields });
  layer('channelsLast', channelsLast, { doc: 'channels behind the extents', options: layerFields });
}
