export { CpuBackend, cpu } from '@pullback/backend-cpu';
export { type NativeOptions, native } from '@pullback/backend-native';
export { WasmBackend, wasm } from '@pullback/backend-wasm';
export * from '@pullback/core';
export * from '@pullback/layers';
// Both a function of Values and, called with options, layers or nothing, a layer.
export { add, concatenate, logSoftmax, reshape, softmax, softplus, tanh } from '@pullback/layers';
export { layersPlugin } from '@pullback/layers/plugin';
export * from '@pullback/losses';
export { lossesPlugin } from '@pullback/losses/plugin';
export * from '@pullback/metrics';
export { metricsPlugin } from '@pullback/metrics/plugin';
export * from '@pullback/optimizers';
export { optimizersPlugin } from '@pullback/optimizers/plugin';
export * from '@pullback/plugin';
export {
  type ActivationOptions,
  type Batch,
  type BatchStream,
  type ByteSource,
  type ByteTarget,
  batches,
  type Callback,
  type CheckpointOptions,
  compareWeights,
  csvLogger,
  type EpochRecord,
  earlyStopping,
  type FitControl,
  type FitOptions,
  findLearningRate,
  type GivenWeights,
  Inspection,
  type LocalStepsOptions,
  learningRateScheduler,
  loadWeights,
  localSteps,
  maximizeActivation,
  modelCheckpoint,
  type NameMap,
  type PrivateOptions,
  type Progress,
  type ProgressReporter,
  privateGradients,
  progressTo,
  quiet,
  type ReadOptions,
  reduceOnPlateau,
  type SampledOptions,
  type SampleGradients,
  type Saved,
  type SaveOptions,
  type StepOptions,
  type Straggler,
  sampledBatches,
  simulatedRanks,
  type TransferOptions,
  terminateOnNaN,
  transferWeights,
  type WeightReport,
  type Weights,
} from '@pullback/train';
export { whyChosen } from './auto.ts';
export { type BackendName, backendOf, whyNoBackend } from './backends.ts';
export { builtins } from './builtins.ts';
export { compile } from './compile.ts';
export { createModel, fitFrom, loadModel, SpecBuilder } from './create-model.ts';
export { type ExportOptions, type MetricName, Model } from './model.ts';
export {
  BACKEND,
  DATA_SOURCE,
  type DataSource,
  type FitFromOptions,
  MODEL_BUILDER,
  type ModelBuilder,
  PROGRESS,
  REDUCER,
  type TrainingData,
} from './services.ts';
