export { adaptiveAveragePool, adaptiveMaxPool } from './adaptive-pooling.ts';
export {
  type Conv,
  type ConvOptions,
  type ConvTransposeOptions,
  conv1d,
  conv2d,
  conv3d,
  convTranspose,
  type DepthwiseConvOptions,
  depthwiseConv,
  type KernelSize,
  separableConv,
} from './convolution.ts';
export {
  averagePool,
  type GlobalPoolOptions,
  globalAveragePool,
  globalMaxPool,
  maxPool,
  type PoolOptions,
} from './pooling.ts';
export {
  channelsLast,
  cropping,
  type Places,
  type UpsamplingOptions,
  upsampling,
  zeroPadding,
} from './resizing.ts';
