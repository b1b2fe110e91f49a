import type { Layer } from '@pullback/core';
import { add, div, maximum, minimum, mul, reshape as reshaped, type Value } from '@pullback/core';
import {
  averagePool,
  batchNorm,
  concatenate,
  conv1d,
  conv2d,
  conv3d,
  convTranspose,
  cropping,
  dense,
  depthwiseConv,
  dropout,
  elu,
  embedding,
  flatten,
  gaussianNoise,
  globalAveragePool,
  globalMaxPool,
  lambda,
  layerNorm,
  leakyRelu,
  maxPool,
  permute,
  reshape,
  separableConv,
  softmax,
  spatialDropout,
  upsampling,
  zeroPadding,
} from '@pullback/layers';
import type { NameRule } from '@pullback/train';
import { activations, reluOf, type Transform } from './activations.ts';
import type { Config } from './config.ts';

/** A layer of ours for one of Keras. */
export interface Made {
  readonly layer: Layer<readonly Value[]>;
  /** Where each of its weights goes to, under the layer's path. */
  readonly weights: Readonly<Record<string, string | NameRule>>;
}

type Maker = (config: Config, name: string) => Made;

const kernelAndBias = { kernel: 'kernel', bias: 'bias' };
const plain =
  (make: (config: Config, name: string) => Made['layer']): Maker =>
  (config, name) => ({
    layer: make(config, name),
    weights: {},
  });
const of = (f: (...values: Value[]) => Value): Maker =>
  plain((_, name) => lambda<readonly Value[]>(f, { name }));
const folded = (f: (a: Value, b: Value) => Value) => of((...values) => values.reduce(f));

/** The layers of Keras by class. Source: tfjs-layers 4 and Keras 2 and 3, `get_config`. */
export const makers: Readonly<Record<string, Maker>> = {
  Dense: (config, name) => ({
    layer: dense(config.number('units', 0), { name, bias: config.flag('use_bias', true) }),
    weights: kernelAndBias,
  }),
  Conv1D: convolution(1, conv1d),
  Conv2D: convolution(2, conv2d),
  Conv3D: convolution(3, conv3d),
  Conv2DTranspose: (config, name) => ({
    layer: convTranspose(
      config.number('filters', 0),
      config.counts('kernel_size', []),
      placing(config, name, 2),
    ),
    weights: kernelAndBias,
  }),
  DepthwiseConv2D: (config, name) => ({
    layer: depthwiseConv(config.counts('kernel_size', []), {
      ...placing(config, name, 2),
      multiplier: config.number('depth_multiplier', 1),
    }),
    weights: { depthwise_kernel: { to: 'kernel', change: channelByChannel }, bias: 'bias' },
  }),
  SeparableConv2D: (config, name) => ({
    layer: separableConv(config.number('filters', 0), config.counts('kernel_size', []), {
      ...placing(config, name, 2),
      multiplier: config.number('depth_multiplier', 1),
    }),
    weights: {
      depthwise_kernel: { to: 'depthwiseKernel', change: channelByChannel },
      pointwise_kernel: { to: 'pointwiseKernel', change: (x) => reshaped(x, x.shape.slice(-2)) },
      bias: 'bias',
    },
  }),
  BatchNormalization: (config, name) => ({
    layer: batchNorm({
      name,
      epsilon: config.number('epsilon', 1e-3),
      momentum: config.number('momentum', 0.99),
      scale: config.flag('scale', true),
      bias: config.flag('center', true),
    }),
    weights: { gamma: 'scale', beta: 'bias', moving_mean: 'mean', moving_variance: 'variance' },
  }),
  LayerNormalization: (config, name) => ({
    layer: layerNorm({
      name,
      epsilon: config.number('epsilon', 1e-3),
      scale: config.flag('scale', true),
      bias: config.flag('center', true),
    }),
    weights: { gamma: 'scale', beta: 'bias' },
  }),
  Embedding: (config, name) => ({
    layer: embedding(config.number('input_dim', 0), config.number('output_dim', 0), { name }),
    weights: { embeddings: 'table' },
  }),
  Activation: plain((config, name) => lambda(config.activation(), { name })),
  ReLU: plain((config, name) => {
    if (config.number('threshold', 0) !== 0) throw config.unsupported('a threshold', '0');
    const largest =
      config.values['max_value'] == null ? Number.POSITIVE_INFINITY : config.number('max_value', 0);
    return lambda(reluOf(largest, config.number('negative_slope', 0)), { name });
  }),
  LeakyReLU: plain((config, name) => {
    const slope = config.number('negative_slope', config.number('alpha', 0.3));
    return lambda((x: Value) => leakyRelu(x, { slope }), { name });
  }),
  ELU: plain((config, name) => {
    const alpha = config.number('alpha', 1);
    return lambda((x: Value) => elu(x, { alpha }), { name });
  }),
  Softmax: plain((config, name) => softmax({ axis: config.number('axis', -1), name })),
  Dropout: plain((config, name) => dropout(config.number('rate', 0.5), { name })),
  SpatialDropout1D: plain((config, name) => spatialDropout(config.number('rate', 0.5), { name })),
  SpatialDropout2D: plain((config, name) => spatialDropout(config.number('rate', 0.5), { name })),
  GaussianNoise: plain((config, name) => gaussianNoise(config.number('stddev', 1), { name })),
  Rescaling: plain((config, name) => {
    const [scale, offset] = [config.number('scale', 1), config.number('offset', 0)];
    return lambda((x: Value) => add(mul(x, scale), offset), { name });
  }),
  Flatten: plain((_, name) => flatten({ name })),
  Reshape: plain((config, name) => shapedAs(config.counts('target_shape', []), name)),
  Permute: plain((config, name) =>
    permute(
      config.counts('dims', []).map((axis) => axis - 1),
      { name },
    ),
  ),
  MaxPooling1D: pooling(1, maxPool),
  MaxPooling2D: pooling(2, maxPool),
  MaxPooling3D: pooling(3, maxPool),
  AveragePooling1D: pooling(1, averagePool),
  AveragePooling2D: pooling(2, averagePool),
  AveragePooling3D: pooling(3, averagePool),
  GlobalMaxPooling1D: overAll(globalMaxPool),
  GlobalMaxPooling2D: overAll(globalMaxPool),
  GlobalAveragePooling1D: overAll(globalAveragePool),
  GlobalAveragePooling2D: overAll(globalAveragePool),
  UpSampling1D: plain((config, name) => upsampling(config.counts('size', [2]), { name })),
  UpSampling2D: plain((config, name) => {
    channelsLast(config);
    return upsampling(config.counts('size', [2, 2]), {
      name,
      method: config.oneOf('interpolation', 'nearest', 'bilinear'),
    });
  }),
  ZeroPadding1D: plain((config, name) => zeroPadding(config.places('padding', 1), { name })),
  ZeroPadding2D: plain((config, name) => zeroPadding(config.places('padding', 2), { name })),
  Cropping1D: plain((config, name) => cropping(config.places('cropping', 1), { name })),
  Cropping2D: plain((config, name) => cropping(config.places('cropping', 2), { name })),
  Add: folded(add),
  Subtract: folded((a, b) => add(a, mul(b, -1))),
  Multiply: folded(mul),
  Maximum: folded(maximum),
  Minimum: folded(minimum),
  Average: of((...values) =>
    div(
      values.reduce((a, b) => add(a, b)),
      values.length,
    ),
  ),
  Concatenate: plain((config, name) => {
    const axis = config.number('axis', -1);
    return lambda<readonly Value[]>((...values) => concatenate(values, { axis }), { name });
  }),
};

/** Those whose config has an activation of its own, behind them. */
export function behind(config: Config): Transform {
  return config.kind === 'Activation' || config.values['activation'] == null
    ? (activations['linear'] ?? ((x) => x))
    : config.activation();
}

function convolution(rank: number, make: typeof conv2d): Maker {
  return (config, name) => ({
    layer: make(config.number('filters', 0), config.counts('kernel_size', []), {
      ...placing(config, name, rank),
      groups: config.number('groups', 1),
    }),
    weights: kernelAndBias,
  });
}

function placing(config: Config, name: string, rank: number) {
  channelsLast(config);
  const ones = Array.from({ length: rank }, () => 1);
  return {
    name,
    strides: config.counts('strides', ones),
    dilation: config.counts('dilation_rate', ones),
    padding: config.oneOf('padding', 'valid', 'same'),
    bias: config.flag('use_bias', true),
  };
}

function pooling(rank: number, make: typeof maxPool): Maker {
  return plain((config, name) => {
    channelsLast(config);
    const size = config.counts(
      'pool_size',
      Array.from({ length: rank }, () => 2),
    );
    const strides = config.values['strides'] == null ? size : config.counts('strides', size);
    return make(size, { name, strides, padding: config.oneOf('padding', 'valid', 'same') });
  });
}

function overAll(make: typeof globalMaxPool): Maker {
  return plain((config, name) => {
    channelsLast(config);
    return make({ name, keepAxis: config.flag('keepdims', false) });
  });
}

function channelsLast(config: Config): void {
  config.oneOf('data_format', 'channels_last');
}

/** [.., channels, multiplier] as [.., 1, channels multiplier]. */
function channelByChannel(x: Value): Value {
  const [channels = 0, multiplier = 0] = x.shape.slice(-2);
  return reshaped(x, [...x.shape.slice(0, -2), 1, channels * multiplier]);
}

/** Samples of that shape, of which one extent may be -1: what is left. */
function shapedAs(shape: readonly number[], name: string): Layer<readonly [Value]> {
  const free = shape.indexOf(-1);
  if (free < 0) return reshape(shape, { name });
  const others = shape.reduce((n, extent) => (extent === -1 ? n : n * extent), 1);
  return lambda(
    (x: Value) => {
      const size = x.shape.slice(1).reduce((n, extent) => n * extent, 1);
      return reshaped(x, [
        x.shape[0] ?? 0,
        ...shape.map((extent) => (extent === -1 ? size / others : extent)),
      ]);
    },
    { name },
  );
}
