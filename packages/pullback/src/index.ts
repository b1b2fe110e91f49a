export { CpuBackend, cpu } from '@pullback/backend-cpu';
export * from '@pullback/core';
export * from '@pullback/layers';
// Both a function of Values and, called with options or nothing, a layer.
export { softmax, tanh } from '@pullback/layers';
export * from '@pullback/losses';
export * from '@pullback/optimizers';
export {
  accuracy,
  type Batch,
  batches,
  binaryAccuracy,
  type EpochRecord,
  type FitOptions,
  Inspection,
  type ProgressReporter,
  progressTo,
  quiet,
  type Weights,
} from '@pullback/train';
export { type BackendName, backendOf } from './backends.ts';
export { compile } from './compile.ts';
export { type MetricName, Model } from './model.ts';
