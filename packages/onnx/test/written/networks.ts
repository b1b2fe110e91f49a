import type { Layer, Shape, Value } from '@pullback/core';
import * as layers from '@pullback/layers';

const { sequential, dense, flatten, relu } = layers;

/** A network, and the shape of a sample. */
export interface Example {
  readonly network: Layer<readonly [Value]>;
  readonly input: Shape;
  /** Whole numbers below this one in place of any. */
  readonly below?: number;
}

const of = (network: Layer<readonly [Value]>, input: Shape = [6]): Example => ({ network, input });
const picture: Shape = [6, 5, 4];
const sequence: Shape = [5, 8];

/** A network of each layer that computes something in prediction. */
export const networks: Readonly<Record<string, Example>> = {
  relu: of(sequential(relu(), dense(2))),
  sigmoid: of(layers.sigmoid()),
  tanh: of(layers.tanh()),
  identity: of(layers.identity()),
  selu: of(layers.selu()),
  silu: of(layers.silu()),
  mish: of(layers.mish()),
  softplus: of(layers.softplus()),
  softsign: of(layers.softsign()),
  hardSigmoid: of(layers.hardSigmoid()),
  hardTanh: of(layers.hardTanh()),
  hardSwish: of(layers.hardSwish()),
  leakyRelu: of(layers.leakyRelu()),
  elu: of(layers.elu()),
  celu: of(layers.celu()),
  gelu: of(layers.gelu()),
  'gelu by tanh': of(layers.gelu({ approximate: 'tanh' })),
  softmax: of(layers.softmax()),
  logSoftmax: of(layers.logSoftmax()),
  prelu: of(layers.prelu()),
  dense: of(dense(3)),
  sequential: of(sequential(dense(4), relu(), dense(2))),
  residual: of(layers.residual(dense(6), layers.tanh())),
  add: of(layers.add(dense(3), dense(3))),
  multiply: of(layers.multiply(dense(3), dense(3))),
  concatenate: of(layers.concatenate([dense(3), dense(2)])),
  flatten: of(flatten(), picture),
  reshape: of(layers.reshape([3, 2])),
  permute: of(layers.permute([1, 0]), [2, 3]),
  rescale: of(layers.rescale(1 / 255)),
  dropout: of(layers.dropout(0.5)),
  frozen: of(layers.frozen(dense(3))),
  checkpoint: of(layers.checkpoint(dense(3))),
  lora: of(layers.lora(dense(3), { rank: 2 })),
  batchNorm: of(layers.batchNorm()),
  layerNorm: of(layers.layerNorm()),
  rmsNorm: of(layers.rmsNorm()),
  groupNorm: of(layers.groupNorm(2), picture),
  instanceNorm: of(layers.instanceNorm(), picture),
  conv1d: of(layers.conv1d(3, 2), [6, 4]),
  conv2d: of(layers.conv2d(3, 3, { padding: 'same', strides: 2 }), picture),
  'conv2d, dilated': of(layers.conv2d(3, 2, { dilation: 2 }), picture),
  'conv2d in groups': of(layers.conv2d(4, 2, { groups: 2 }), picture),
  conv3d: of(layers.conv3d(2, 2), [4, 3, 3, 2]),
  convTranspose: of(layers.convTranspose(3, [2, 2], { strides: 2 }), picture),
  depthwiseConv: of(layers.depthwiseConv([3, 3]), picture),
  separableConv: of(layers.separableConv(3, [3, 3]), picture),
  maxPool: of(layers.maxPool(2), picture),
  averagePool: of(layers.averagePool(2, { padding: 'same' }), picture),
  globalAveragePool: of(layers.globalAveragePool(), picture),
  globalMaxPool: of(layers.globalMaxPool(), picture),
  adaptiveAveragePool: of(layers.adaptiveAveragePool([3, 2]), picture),
  adaptiveMaxPool: of(layers.adaptiveMaxPool([3, 2]), picture),
  upsampling: of(layers.upsampling(2), picture),
  'upsampling, linear': of(layers.upsampling(2, { method: 'bilinear' }), picture),
  zeroPadding: of(layers.zeroPadding(1), picture),
  cropping: of(layers.cropping(1), picture),
  embedding: { network: layers.embedding(7, 4), input: [5], below: 7 },
  learnedPositions: of(layers.learnedPositions(8), sequence),
  sinusoidalPositions: of(layers.sinusoidalPositions(8), sequence),
  multiHeadAttention: of(layers.multiHeadAttention(2, { causal: true }), sequence),
  feedForward: of(layers.feedForward(16), sequence),
  transformerBlock: of(layers.transformerBlock(2), sequence),
  languageModel: {
    network: layers.languageModel({ vocabulary: 7, context: 8, width: 8, heads: 2, layers: 1 }),
    input: [5],
    below: 7,
  },
  lenet: of(
    sequential(layers.conv2d(4, 3, { activation: relu }), layers.maxPool(2), flatten(), dense(3)),
    picture,
  ),
};

/** The same numbers at every call. */
export function samplesOf({ input, below }: Example, count: number): { shape: number[]; data: Float32Array } {
  const shape = [count, ...input];
  const size = shape.reduce((product, extent) => product * extent, 1);
  const data = Float32Array.from({ length: size }, (_, i) => {
    const x = Math.sin(i * 1.7) * 1.5;
    return below === undefined ? x : Math.floor(Math.abs(x) * 1000) % below;
  });
  return { shape, data };
}
